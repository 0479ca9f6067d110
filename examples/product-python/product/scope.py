"""Around every request: its route, span, context, limits, deadline, faults, and the one place that answers an error."""

import asyncio
import re
import time
import uuid
from typing import Any, Sequence

from opentelemetry import trace
from opentelemetry.context import attach, detach
from pymongo.errors import ConnectionFailure, PyMongoError
from starlette.responses import JSONResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .admin import Faults
from .errors import AppError, to_problem
from .telemetry import PAIRS, RequestContext, Telemetry, current_request, exemplar, set_error, to_traceresponse

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
MAX_URL = 8 * 1024
MAX_HEADERS = 16 * 1024
MAX_IN_FLIGHT = 256
DEADLINE_MS = 5_000
# Less than this is not worth beginning: the answer would come to nobody.
MINIMUM_MS = 50
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none';frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}
DENIED = ("unauthenticated", "invalid_token", "invalid_service_key", "forbidden")
REFUSED = ("invalid_request", "malformed_json", "body_too_large", "url_too_long", "headers_too_large", "unsupported_media_type")


class Scoped:
    """An ASGI application of these routes."""

    def __init__(self, routes: Sequence[Route], telemetry: Telemetry, faults: Faults, state: Any, public_url: str) -> None:
        self._routes, self._telemetry, self._faults = routes, telemetry, faults
        self._state, self._public_url = state, public_url
        faults.admit([(method, to_template(route.path)) for route in routes for method in route.methods or ()])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        telemetry, started_at = self._telemetry, time.perf_counter()
        headers = _to_carrier(scope["headers"])
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        app, template, refusal = self._find(scope)
        given_id = headers.get("x-request-id", "")
        request = RequestContext(given_id if REQUEST_ID.fullmatch(given_id) else str(uuid.uuid4()))
        parent = telemetry.extract(headers)
        span = telemetry.tracer.start_span(
            f"{method} {template or 'unmatched'}",
            context=parent,
            kind=trace.SpanKind.SERVER,
            attributes={
                **{"component": "starlette", "http.method": method, "request.id": request.request_id},
                **({} if template is None else {"http.route": template}),
            },
        )
        # The caller's baggage travels on with the new span.
        token = attach(trace.set_span_in_context(span, parent))
        current_request.set(request)
        outcome = Outcome()
        telemetry.metrics.active.inc()
        answer = self._wrap(send, outcome, request, span)
        try:
            await self._run(app, refusal, scope, receive, answer, headers, method, template, started_at)
        except Exception as thrown:
            error = to_app_error(thrown)
            outcome.error_code = error.code
            self._state_error(error, thrown, span, template)
            if not outcome.is_begun:
                body = to_problem(error, self._public_url, f"{span.get_span_context().trace_id:032x}")
                fixed = {"content-type": "application/problem+json", "cache-control": "no-store"}
                await JSONResponse(body, error.status, {**fixed, **error.headers})(scope, receive, answer)
        finally:
            telemetry.metrics.active.dec()
            self._close(span, method, template, outcome, time.perf_counter() - started_at)
            detach(token)

    def _find(self, scope: Scope) -> tuple[ASGIApp | None, str | None, AppError | None]:
        allowed: list[str] = []
        template: str | None = None
        for route in self._routes:
            match, child = route.matches(scope)
            if match is Match.NONE:
                continue
            template = to_template(route.path)
            if match is Match.FULL:
                scope.update(child)
                return route.app, template, None
            allowed += sorted(route.methods or ())
        if template is None:
            return None, None, AppError("route_not_found")
        return None, template, AppError("method_not_allowed", headers={"allow": ", ".join(allowed)})

    async def _run(
        self, app: ASGIApp | None, refusal: AppError | None, scope: Scope, receive: Receive, send: Send,
        headers: dict[str, str], method: str, template: str | None, started_at: float,
    ) -> None:  # fmt: skip
        if self._state.in_flight >= MAX_IN_FLIGHT:
            self._telemetry.metrics.shed.labels(reason="in_flight").inc()
            raise AppError("overloaded", headers={"retry-after": "1"})
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL:
            raise AppError("url_too_long")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
            raise AppError("headers_too_large")
        self._state.in_flight += 1
        try:
            await self._faults.inject(method, template)
            if app is None:
                raise refusal or AppError("route_not_found")
            given = headers.get("x-deadline-ms", "")
            caller_ms = int(given) if re.fullmatch(r"[0-9]{1,7}", given) else DEADLINE_MS * 10
            left_ms = min(DEADLINE_MS, caller_ms - (time.perf_counter() - started_at) * 1000)
            if left_ms < MINIMUM_MS:
                raise AppError("deadline_exceeded")
            async with asyncio.timeout(left_ms / 1000):
                await app(scope, receive, send)
        except TimeoutError:
            raise AppError("deadline_exceeded") from None
        finally:
            self._state.in_flight -= 1

    def _wrap(self, send: Send, outcome: "Outcome", request: RequestContext, span: trace.Span) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                outcome.status, outcome.is_begun = message["status"], True
                added = {**SECURITY_HEADERS, "x-request-id": request.request_id, "traceresponse": to_traceresponse(span)}
                # A service that goes down answers, but lets no connection live on.
                if self._state.phase == "draining":
                    added["connection"] = "close"
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in added.items())]
            await send(message)

        return answer

    def _state_error(self, error: AppError, thrown: Exception, span: trace.Span, template: str | None) -> None:
        """Below 500 it is the caller's business: no error of the span, and no record but the access log's."""
        fields = {"error.code": error.code, "http.route": template}
        if error.status >= 500:
            is_bug = error.code == "internal_error"
            set_error(span, thrown if is_bug else error)
            level = "error" if is_bug else "warn"
            self._telemetry.fact("http.error", error.title, level, thrown if is_bug else error, fields=fields)
        event = "auth.denied" if error.code in DENIED else "request.refused" if error.code in REFUSED else None
        if event is not None:
            self._telemetry.metrics.security.labels(event=event).inc()
            self._telemetry.fact(event, error.title, fields=fields)

    def _close(self, span: trace.Span, method: str, template: str | None, outcome: "Outcome", seconds: float) -> None:
        route = template or "unmatched"
        duration = self._telemetry.metrics.server_duration.labels(method, route, str(outcome.status))
        duration.observe(seconds, exemplar=exemplar(span))
        span.set_attribute("http.status_code", outcome.status)
        if outcome.status >= 500:
            span.set_status(trace.StatusCode.ERROR)
        fields = {
            "http.request.method": method,
            "http.route": template,
            "http.response.status_code": outcome.status,
            "event.duration": round(seconds * 1e9),
            "error.code": outcome.error_code,
        }
        self._telemetry.fact("http.request", f"{method} {route} {outcome.status}", fields=fields)
        span.end()


class Outcome:
    # Nothing was sent: the client left before the answer.
    status = 499
    error_code: str | None = None
    is_begun = False


def to_template(path: str) -> str:
    """`/api/products/{sku}` as all services of the shop write it: `/api/products/:sku`."""
    return re.sub(r"\{(\w+)\}", r":\1", path)


def to_app_error(thrown: Exception) -> AppError:
    if isinstance(thrown, AppError):
        return thrown
    if isinstance(thrown, ConnectionFailure) or (isinstance(thrown, PyMongoError) and thrown.timeout):
        return AppError("database_unavailable", headers={"retry-after": "1"})
    return AppError("internal_error")


def _to_carrier(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name. One that came twice is as good as malformed: nobody knows which one is meant."""
    carrier: dict[str, str] = {}
    twice: set[str] = set()
    for key, value in raw:
        name = key.decode("latin-1")
        if name in carrier:
            twice.add(name)
        carrier[name] = f"{carrier[name]},{value.decode('latin-1')}" if name in carrier else value.decode("latin-1")
    return {name: value for name, value in carrier.items() if name not in twice or name not in PAIRS}
