"""A span and a duration for each command, from the driver's own events: they arrive in the caller's context."""

import time
from typing import Any

from opentelemetry import trace
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from .telemetry import Telemetry, exemplar, set_error

OPERATIONS = {
    **{"find": "find", "insert": "insert", "update": "update", "delete": "delete", "aggregate": "aggregate"},
    **{"findAndModify": "findOneAndUpdate", "getMore": "getMore", "createIndexes": "createIndexes"},
}
DUPLICATE_KEY = 11_000


class DatabaseSpans(CommandListener):
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._running: dict[int, tuple[str, str, float, trace.Span]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Names only: a command's filter and documents are never looked at."""
        operation = OPERATIONS.get(event.command_name)
        if operation is None:
            return
        if operation == "find" and event.command.get("limit") == 1:
            operation = "findOne"
        collection = str(event.command["collection" if operation == "getMore" else event.command_name])
        span: trace.Span = trace.INVALID_SPAN
        # Work that nobody asked for, such as the creation of indexes, would make a trace of a single span each.
        if trace.get_current_span().get_span_context().is_valid:
            span = self._telemetry.tracer.start_span(
                f"{collection}.{operation}",
                kind=trace.SpanKind.CLIENT,
                attributes={
                    **{"component": "mongodb", "db.type": "mongodb"},
                    **{"db.operation": operation, "db.collection": collection},
                },
            )
        self._running[event.request_id] = (collection, operation, time.perf_counter(), span)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._end(event.request_id, None)

    def failed(self, event: CommandFailedEvent) -> None:
        self._end(event.request_id, event.failure)

    def _end(self, request_id: int, failure: Any) -> None:
        collection, operation, started_at, span = self._running.pop(request_id, (None, None, 0.0, trace.INVALID_SPAN))
        if collection is None:
            return
        duration = self._telemetry.metrics.database_duration.labels(db_collection=collection, db_operation=operation)
        duration.observe(time.perf_counter() - started_at, exemplar=exemplar(span))
        # A duplicate key is an answer.
        if failure is not None and failure.get("code") != DUPLICATE_KEY:
            set_error(span, RuntimeError("database"))
        span.end()
