"""Logs, spans and metrics: the only module that knows fluent-logger, OpenTelemetry and prometheus_client."""

import json
import os
import socket
import sys
import time
import traceback
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Mapping, Sequence
from urllib.parse import urlsplit

import msgpack
import prometheus_client
from fluent.asyncsender import FluentSender
from opentelemetry import trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.exporter.jaeger.thrift import JaegerExporter
from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.jaeger import JaegerPropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from .config import Config
from .errors import AppError

SERVICE, VERSION = "product", "0.1.0"
INSTANCE = f"{socket.gethostname()}-{os.getpid()}"
LEVELS = {"error": 0, "warn": 1, "info": 2, "debug": 3}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
PAIRS = ("traceparent", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags", "uber-trace-id")


@dataclass
class RequestContext:
    """What belongs to the request in hand, wherever its work continues."""

    request_id: str
    user_id: str | None = None


current_request: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)


class CountingExporter(SpanExporter):
    """Jaeger's exporter says SUCCESS whatever came of it, so what counts is whether it raised."""

    def __init__(self, exporter: JaegerExporter, reported: Counter, dropped: Counter) -> None:
        self._exporter, self._reported, self._dropped = exporter, reported, dropped

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            self._exporter.export(spans)
        except Exception:
            self._dropped.labels(sink="jaeger", reason="refused").inc(len(spans))
            return SpanExportResult.FAILURE
        self._reported.labels(sink="jaeger").inc(len(spans))
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._exporter.shutdown()


class Telemetry:
    def __init__(self, config: Config) -> None:
        self.level = config.LOG_LEVEL
        self.metrics = Metrics()
        self._sender = self._create_sender(config.FLUENTD_URL)
        self._provider = TracerProvider(
            resource=Resource({"service.name": SERVICE, "service.instance.id": INSTANCE}),
            sampler=ParentBased(TraceIdRatioBased(config.TRACE_SAMPLE_RATIO)),
            shutdown_on_exit=False,
        )
        if config.TRACER == "jaeger":
            exporter = JaegerExporter(collector_endpoint=config.JAEGER_ENDPOINT, timeout=3)
            counting = CountingExporter(exporter, self.metrics.spans_reported, self.metrics.spans_dropped)
            self._provider.add_span_processor(BatchSpanProcessor(counting, schedule_delay_millis=200))
        self.tracer = self._provider.get_tracer(SERVICE)
        # Each one that finds something replaces what the ones before it found: W3C wins, then b3, then Jaeger's.
        self._propagator = CompositePropagator(
            [
                JaegerPropagator(),
                B3MultiFormat(),
                B3SingleFormat(),
                TraceContextTextMapPropagator(),
                W3CBaggagePropagator(),
            ]
        )

    def _create_sender(self, url: str) -> FluentSender | None:
        if url == "":
            return None
        dropped = self.metrics.log_records_dropped.labels(sink="fluentd", reason="full")

        def count(packed: bytes) -> None:
            unpacker = msgpack.Unpacker()
            unpacker.feed(packed)
            dropped.inc(sum(1 for _ in unpacker))

        address = urlsplit(url)
        return FluentSender(
            f"glasshouse.{SERVICE}",
            host=address.hostname,
            port=address.port,
            nanosecond_precision=True,
            bufmax=12 * 1024 * 1024,
            buffer_overflow_handler=count,
            queue_maxsize=50_000,
            queue_circular=True,
            queue_overflow_handler=count,
        )

    def fact(self, action: str, message: str, level: str = "info", error: BaseException | None = None, **given: Any) -> None:
        """States something that has happened: one record, with the caller's trace, request and user."""
        if LEVELS[level] > LEVELS[self.level]:
            return
        at = time.time_ns() // 1_000_000
        record: dict[str, Any] = {
            "@timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(at // 1000)) + f"{at % 1000:03d}Z",
            "log.level": level,
            "message": message,
            "service.name": SERVICE,
            "service.version": VERSION,
            "service.instance.id": INSTANCE,
            "event.id": uuid.uuid4().hex,
            "event.action": action,
        }
        span, request = trace.get_current_span().get_span_context(), current_request.get()
        if span.is_valid:
            record |= {"trace.id": f"{span.trace_id:032x}", "span.id": f"{span.span_id:016x}"}
        if request is not None:
            record |= {"request.id": request.request_id} | ({"user.id": request.user_id} if request.user_id else {})
        fields = given.get("fields") or {}
        record |= {name: value for name, value in fields.items() if value is not None and name not in record}
        if error is not None:
            record |= describe(error)
        self.metrics.log_records.labels(level=level).inc()
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        if self._sender is not None:
            self._sender.emit(None, record)

    def extract(self, headers: Mapping[str, str]) -> Context:
        return self._propagator.extract(headers, Context())

    def inject(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        self._propagator.inject(headers)
        return headers

    def close(self) -> None:
        self._provider.shutdown()
        if self._sender is not None:
            self._sender.close()


def set_error(span: trace.Span, error: BaseException) -> None:
    """An error of the span, and one event that says which; no value that a driver's text might quote."""
    described = describe(error)
    span.set_status(trace.StatusCode.ERROR)
    kind = type(error).__name__
    names = {"event": "error", "error.kind": kind, "error.code": described["error.code"]}
    span.add_event("error", {**names, "error.message": described["error.message"]})


def describe(error: BaseException) -> dict[str, str]:
    if isinstance(error, AppError):
        return {"error.code": error.code, "error.message": error.title}
    frames = "".join(traceback.format_tb(error.__traceback__))
    name = type(error).__name__
    return {"error.code": name, "error.message": name, "error.stack_trace": frames[-6000:]}


def to_traceresponse(span: trace.Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def exemplar(span: trace.Span) -> dict[str, str] | None:
    context = span.get_span_context()
    return {"trace_id": f"{context.trace_id:032x}"} if context.trace_flags.sampled else None


class Metrics:
    """Every label has a closed set of values. A series that counts is there from the start, so that a rate sees its first step."""

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()
        self.registry = registry = CollectorRegistry()
        prometheus_client.ProcessCollector(registry=registry)
        server = ["http_request_method", "http_route", "http_response_status_code"]
        self.server_duration = Histogram(
            "http_server_request_duration_seconds", "Until a request was answered.", server, buckets=BUCKETS, registry=registry
        )
        self.active = Gauge("http_server_active_requests", "Requests that are being answered.", registry=registry)
        self.client_duration = Histogram(
            "http_client_request_duration_seconds",
            "One attempt of a call to another service.",
            ["peer_service", "http_request_method", "http_response_status_code"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.database_duration = Histogram(
            "db_client_operation_duration_seconds",
            "Until the database had answered a command.",
            ["db_collection", "db_operation"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.shed = Counter("requests_shed", "Requests refused before any work.", ["reason"], registry=registry)
        self.security = Counter("security_events", "Denials and refused requests.", ["event"], registry=registry)
        self.log_records = Counter("log_records", "Log records written.", ["level"], registry=registry)
        self.log_records_dropped = Counter(
            "log_records_dropped", "Records that a sink will never get.", ["sink", "reason"], registry=registry
        )
        self.spans_reported = Counter("spans_reported", "Spans that a backend took.", ["sink"], registry=registry)
        self.spans_dropped = Counter(
            "spans_dropped", "Spans that a backend will never get.", ["sink", "reason"], registry=registry
        )
        self.reservations = Counter(
            "stock_reservations", "Requests to hold stock for an order.", ["outcome"], registry=registry
        )
        self.out_of_stock = Gauge(
            "products_out_of_stock", "Products of which nothing is available.", registry=registry
        )
        for outcome in ("held", "repeated", "out_of_stock", "hold_settled", "hold_mismatch"):
            self.reservations.labels(outcome=outcome)

    def render(self, accept: str | None) -> tuple[bytes, str]:
        encode, content_type = prometheus_client.exposition.choose_encoder(accept or "")
        return encode(self.registry), content_type
