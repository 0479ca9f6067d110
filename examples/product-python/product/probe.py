"""What becomes of each business fact: a log record, tags of the active span, a count."""

from typing import Any

from opentelemetry import trace

from .telemetry import Telemetry


class Probe:
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def _state(self, action: str, message: str, level: str = "info", **fields: Any) -> None:
        named = {f"glasshouse.{name.replace('order_id', 'order.id')}": value for name, value in fields.items()}
        trace.get_current_span().set_attributes(named)
        self._telemetry.fact(action, message, level, fields=named)

    def product_changed(self, fact: str, sku: str) -> None:
        messages = {
            "product.created": "A product joined the catalogue.",
            "product.updated": "A product was edited.",
            "product.removed": "A product left the catalogue.",
        }
        self._state(fact, messages[fact], sku=sku)

    def products_seeded(self, count: int) -> None:
        self._state("product.seeded", "Demo products were added.", count=count)

    def stock_changed(self, sku: str, delta: int, available: int) -> None:
        message = "An admin changed the stock of a product."
        self._state("stock.changed", message, sku=sku, delta=delta, available=available)

    def stock_reserved(self, sku: str, order: str, quantity: int, available: int) -> None:
        self._telemetry.metrics.reservations.labels(outcome="held").inc()
        message = "Stock was reserved for an order."
        self._state("stock.reserved", message, sku=sku, order_id=order, quantity=quantity, available=available)

    def stock_refused(self, sku: str, order: str, reason: str) -> None:
        self._telemetry.metrics.reservations.labels(outcome=reason).inc()
        self._state("stock.refused", "Stock was refused to an order.", sku=sku, order_id=order, reason=reason)

    def stock_settled(self, fact: str, sku: str, order: str, quantity: int) -> None:
        released = "Reserved stock was given back." if quantity > 0 else "An order that held nothing may never hold again."
        message = "Reserved stock was sold." if fact == "stock.committed" else released
        self._state(fact, message, sku=sku, order_id=order, quantity=quantity)

    def stock_repeated(self, sku: str, order: str, operation: str) -> None:
        if operation == "reserve":
            self._telemetry.metrics.reservations.labels(outcome="repeated").inc()
        message = "A call came again; nothing was changed."
        self._state("stock.repeated", message, "debug", sku=sku, order_id=order, operation=operation)

    def commit_lost(self, sku: str, order: str, found: str) -> None:
        message = "A paid order has no hold to commit. This must never happen: find the message that was lost."
        self._state("stock.commit_lost", message, "error", sku=sku, order_id=order, state=found)

    def settled_pruned(self, sku: str, count: int) -> None:
        message = "Settlements of finished orders were forgotten."
        self._state("stock.pruned", message, "debug", sku=sku, count=count)
