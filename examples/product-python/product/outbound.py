"""Calls to other services: a client span, the duration, and the headers that carry trace, request and deadline on."""

import time
from typing import Any

import httpx
from opentelemetry import trace

from .telemetry import Telemetry, current_request, exemplar, set_error

TIMEOUT_MS = 2_000


class Outbound:
    def __init__(self, telemetry: Telemetry, service_key: str | None) -> None:
        self._telemetry = telemetry
        self._service_key = service_key
        self._client = httpx.AsyncClient(timeout=TIMEOUT_MS / 1000, trust_env=False)

    async def call(self, peer: str, method: str, url: str, body: Any = None, proves: bool = True) -> Any:
        """@raises httpx.HTTPError unless the answer is 200 with JSON"""
        route = httpx.URL(url).path
        tags = {"component": "http", "http.method": method, "http.route": route, "peer.service": peer}
        started_at, status = time.perf_counter(), "none"
        with self._telemetry.tracer.start_as_current_span(
            f"{method} {peer}", kind=trace.SpanKind.CLIENT, attributes=tags, record_exception=False
        ) as span:
            headers = {**self._telemetry.inject(), "x-deadline-ms": str(TIMEOUT_MS)}
            request = current_request.get()
            if request is not None:
                headers["x-request-id"] = request.request_id
            if proves and self._service_key is not None:
                headers["x-service-key"] = self._service_key
            try:
                answer = await self._client.request(method, url, json=body, headers=headers)
                status = str(answer.status_code)
                span.set_attribute("http.status_code", answer.status_code)
                return answer.raise_for_status().json()
            except httpx.HTTPError as error:
                set_error(span, error)
                raise
            finally:
                duration = self._telemetry.metrics.client_duration.labels(peer, method, status)
                duration.observe(time.perf_counter() - started_at, exemplar=exemplar(span))

    async def close(self) -> None:
        await self._client.aclose()
