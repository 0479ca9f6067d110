"""Starts examples/product-python with one behaviour changed, to see that npm run conformance finds out. Only tests use it:
`python broken.py BREAKAGE`, with the folder of the example in PYTHONPATH."""

import os
import sys

from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from product import __main__ as service
from product import requests, routes, scope, store, telemetry

exported = telemetry.CountingExporter.export
emitted = telemetry.FluentSender.emit
answered = scope.Scoped._wrap


def change_spans(change):
    def export(self, spans):
        for span in spans:
            change(span)
        return exported(self, spans)

    telemetry.CountingExporter.export = export


def change_records(change):
    telemetry.FluentSender.emit = lambda self, label, record: emitted(self, label, change(record))


def without_answer_header(name):
    def wrap(self, send, *others):
        async def strip(message):
            if "headers" in message:
                message["headers"] = [header for header in message["headers"] if header[0] != name]
            await send(message)

        return answered(self, strip, *others)

    scope.Scoped._wrap = wrap


def drop_parent(span):
    span._parent = None


def rename(span):
    span._name = span._name.replace(":sku", "{sku}").replace("unmatched", "/nowhere")


def end_at_once(*_):
    os._exit(0)


async def always_ready(_self):
    return True, {"service": "ready", "database": "ok"}


async def bury_nothing(*_):
    return True


BREAKAGES = {
    "none": lambda: None,
    "traceresponse": lambda: without_answer_header(b"traceresponse"),
    "request-id": lambda: setattr(scope, "REQUEST_ID", requests.re.compile("never")),
    "nosniff": lambda: scope.SECURITY_HEADERS.pop("x-content-type-options"),
    "code": lambda: setattr(scope, "to_problem", lambda *given: {**telemetry_problem(*given), "type": "about:blank"}),
    "body-limit": lambda: setattr(requests, "MAX_BODY", 10**9),
    "service-key": lambda: setattr(routes, "require_service", lambda *_: None),
    "exemplar": lambda: setattr(scope, "exemplar", lambda _: None),
    "buckets": lambda: setattr(telemetry, "BUCKETS", (0.1, 1, 10)),
    "record-field": lambda: change_records(lambda record: {**record, "url.path": "/x"}),
    "record-time": lambda: change_records(lambda record: {**record, "@timestamp": record["@timestamp"][:19] + "Z"}),
    "span-name": lambda: change_spans(rename),
    "span-parent": lambda: change_spans(drop_parent),
    "sampled": lambda: setattr(telemetry, "ParentBased", lambda _: ALWAYS_ON),
    "etag": lambda: setattr(routes, "to_version", lambda _: '"1"'),
    "hold-again": lambda: setattr(store, "_untouched_by", lambda _: {}),
    "tombstone": lambda: setattr(store.Store, "bury", bury_nothing),
    "ready": lambda: setattr(service.Service, "_is_ready", always_ready),
    "drain": lambda: setattr(service.Service, "_stop", end_at_once),
}


telemetry_problem = scope.to_problem
BREAKAGES[sys.argv[1]]()
service.main()
