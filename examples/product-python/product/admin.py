"""The admin port: health, metrics, and the two things that an operator may change while the service runs."""

import asyncio
import random
from typing import Annotated, Any, Awaitable, Callable, Literal

from opentelemetry import trace
from pydantic import Field, RootModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .domain import Strict
from .errors import KNOWN, AppError, to_problem
from .requests import read_body
from .store import Store
from .telemetry import Telemetry

STATUSES = {status for status, _ in KNOWN.values()}


class Fault(Strict):
    route: Annotated[str, Field(min_length=1, max_length=200)]
    latencyMs: Annotated[int, Field(ge=0, le=60_000)] = 0
    errorRate: Annotated[float | int, Field(ge=0, le=1)] | None = None
    status: int | None = None


class FaultList(RootModel[Annotated[list[Fault], Field(max_length=50)]]):
    pass


class Level(Strict):
    level: Literal["error", "warn", "info", "debug"]


class Faults:
    """In memory, off at start; a route's own fault wins over the one for all."""

    def __init__(self) -> None:
        self._known = {"*"}
        self._active: dict[str, Fault] = {}

    def admit(self, routes: list[tuple[str, str]]) -> None:
        self._known |= {f"{method} {template}" for method, template in routes}

    def active(self) -> list[dict[str, Any]]:
        return [fault.model_dump(exclude_unset=True) for fault in self._active.values()]

    def replace(self, faults: list[Fault]) -> None:
        problems = [f"body.{at}.route" for at, fault in enumerate(faults) if fault.route not in self._known]
        problems += [f"body.{at}.status" for at, fault in enumerate(faults) if fault.status not in {None, *STATUSES}]
        if problems:
            raise AppError("invalid_request", errors=[{"path": path, "problem": "is not known"} for path in problems])
        self._active = {fault.route: fault for fault in faults}

    async def inject(self, method: str, template: str | None) -> None:
        fault = self._active.get(f"{method} {template}") or self._active.get("*")
        if fault is None:
            return
        trace.get_current_span().set_attribute("glasshouse.fault", True)
        await asyncio.sleep(fault.latencyMs / 1000)
        rate = fault.errorRate if fault.errorRate is not None else 0 if fault.status is None else 1
        if random.random() < rate:
            raise AppError("injected_fault", status_given=fault.status)


Readiness = Callable[[], Awaitable[tuple[bool, dict[str, str]]]]


class Admin:
    """Neither traced nor access-logged, and no fault reaches it."""

    def __init__(self, telemetry: Telemetry, faults: Faults, store: Store, readiness: Readiness, public_url: str) -> None:
        self._telemetry, self._faults, self._store = telemetry, faults, store
        self._readiness, self._public_url = readiness, public_url
        self.app = Starlette(
            routes=[
                Route("/health/live", self.live, methods=["GET"]),
                Route("/health/ready", self.ready, methods=["GET"]),
                Route("/metrics", self.metrics, methods=["GET"]),
                Route("/faults", self.faults, methods=["GET", "PUT", "DELETE"]),
                Route("/log-level", self.log_level, methods=["GET", "PUT"]),
            ],
            exception_handlers={AppError: self.refuse, HTTPException: self.refuse_http},
        )

    async def live(self, _request: Request) -> Response:
        return _answer({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        is_ready, checks = await self._readiness()
        return _answer({"status": "ok" if is_ready else "unavailable", "checks": checks}, 200 if is_ready else 503)

    async def metrics(self, request: Request) -> Response:
        try:
            self._telemetry.metrics.out_of_stock.set(await asyncio.wait_for(self._store.count_out_of_stock(), 1))
        except Exception:
            # Without the database the last known number stays; the rest of the metrics matters more then.
            pass
        body, content_type = self._telemetry.metrics.render(request.headers.get("accept"))
        return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})

    async def faults(self, request: Request) -> Response:
        if request.method == "GET":
            return _answer(self._faults.active())
        wanted = [] if request.method == "DELETE" else (await read_body(request, FaultList)).root
        self._faults.replace(wanted)
        routes = ", ".join(fault.route for fault in wanted)
        message = f"Faults are switched on for {routes}" if wanted else "All faults are switched off"
        self._telemetry.fact("faults.changed", message, "warn", fields={"glasshouse.faults": len(wanted)})
        return Response(status_code=204) if request.method == "DELETE" else _answer(self._faults.active())

    async def log_level(self, request: Request) -> Response:
        if request.method == "PUT":
            self._telemetry.level = (await read_body(request, Level)).level
            self._telemetry.fact("log_level.changed", f"Log level is {self._telemetry.level}", "warn")
        return _answer({"level": self._telemetry.level})

    async def refuse(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, AppError)
        headers = {**error.headers, "content-type": "application/problem+json", "cache-control": "no-store"}
        return JSONResponse(to_problem(error, self._public_url, ""), error.status, headers)

    async def refuse_http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = "method_not_allowed" if error.status_code == 405 else "route_not_found"
        return await self.refuse(request, AppError(code, headers=dict(error.headers or {})))


def _answer(body: Any, status: int = 200) -> Response:
    return JSONResponse(body, status, {"cache-control": "no-store"})
