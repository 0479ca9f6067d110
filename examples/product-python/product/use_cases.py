"""The verbs of the business. Nothing here knows HTTP, spans or logs; what has happened is told to the probe."""

from typing import Any, Awaitable, Callable, Protocol

from .domain import SETTLED_KEPT, Changes, Details, NewProduct
from .errors import AppError
from .store import Store, now, to_guard

FindTerminal = Callable[[list[str]], Awaitable[list[str]]]
Versions = list[int] | None


class Probe(Protocol):
    def product_changed(self, fact: str, sku: str) -> None: ...
    def products_seeded(self, count: int) -> None: ...
    def stock_changed(self, sku: str, delta: int, available: int) -> None: ...
    def stock_reserved(self, sku: str, order: str, quantity: int, available: int) -> None: ...
    def stock_refused(self, sku: str, order: str, reason: str) -> None: ...
    def stock_settled(self, fact: str, sku: str, order: str, quantity: int) -> None: ...
    def stock_repeated(self, sku: str, order: str, operation: str) -> None: ...
    def commit_lost(self, sku: str, order: str, found: str) -> None: ...
    def settled_pruned(self, sku: str, count: int) -> None: ...


class UseCases:
    def __init__(self, store: Store, probe: Probe, find_terminal: FindTerminal | None) -> None:
        self._store = store
        self._probe = probe
        self._find_terminal = find_terminal

    async def get_product(self, sku: str) -> dict[str, Any]:
        product = await self._store.find(sku)
        if product is None:
            raise AppError("product_not_found")
        return product

    async def create_product(self, product: NewProduct) -> dict[str, Any]:
        created = await self._store.add(product)
        if created is None:
            raise AppError("sku_taken")
        self._probe.product_changed("product.created", product.sku)
        return created

    async def edit_product(self, sku: str, versions: Versions, changes: Details | Changes) -> dict[str, Any]:
        edited = await self._store.edit(to_guard(sku, versions), changes.model_dump(exclude_unset=True))
        if edited is None:
            raise await self._explain(sku, versions, "version_mismatch")
        self._probe.product_changed("product.updated", sku)
        return edited

    async def remove_product(self, sku: str, versions: Versions) -> None:
        if not await self._store.remove(to_guard(sku, versions)):
            raise await self._explain(sku, versions, "product_has_holds")
        self._probe.product_changed("product.removed", sku)

    async def change_stock(self, sku: str, versions: Versions, delta: int) -> dict[str, Any]:
        changed = await self._store.change_stock(to_guard(sku, versions), delta)
        if changed is None:
            raise await self._explain(sku, versions, "stock_below_zero")
        self._probe.stock_changed(sku, delta, changed["available"])
        return changed

    async def _explain(self, sku: str, versions: Versions, otherwise: str) -> AppError:
        """Why a guard did not match. The state may have moved on, but a condition that names versions stays broken."""
        product = await self.get_product(sku)
        return AppError(otherwise if versions is None or product["version"] in versions else "version_mismatch")

    async def reserve(self, sku: str, order: str, quantity: int) -> None:
        held = await self._store.hold(sku, order, quantity)
        if held is not None:
            return self._probe.stock_reserved(sku, order, quantity, held["available"])
        claim = await self._store.find_claim(sku, order) or ("NONE", 0)
        if claim == ("HELD", quantity):
            return self._probe.stock_repeated(sku, order, "reserve")
        reason = {"NONE": "out_of_stock", "HELD": "hold_mismatch"}.get(claim[0], "hold_settled")
        self._probe.stock_refused(sku, order, reason)
        raise AppError(reason)

    async def commit(self, sku: str, order: str) -> None:
        # A claim never moves back, so a lost race ends the loop in its next round.
        while True:
            state, quantity = await self._store.find_claim(sku, order) or ("NONE", 0)
            if state == "COMMITTED":
                return self._probe.stock_repeated(sku, order, "commit")
            if state != "HELD":
                self._probe.commit_lost(sku, order, state)
                raise AppError("commit_lost")
            if await self._store.commit(sku, order, quantity):
                return self._probe.stock_settled("stock.committed", sku, order, quantity)

    async def release(self, sku: str, order: str) -> str:
        """Gives a hold back. Without one it leaves a tombstone, or a late reserve would hold stock for ever."""
        while True:
            state, quantity = await self._store.find_claim(sku, order) or ("RELEASED", 0)
            if state in ("COMMITTED", "RELEASED"):
                self._probe.stock_repeated(sku, order, "release")
                return state
            is_held = state == "HELD"
            if await (self._store.release(sku, order, quantity) if is_held else self._store.bury(sku, order)):
                self._probe.stock_settled("stock.released", sku, order, quantity)
                return "RELEASED"

    async def prune_settled(self) -> None:
        """Forgets settlements of orders that the order service says are at their end, when their time is over."""
        before = now() - SETTLED_KEPT
        if self._find_terminal is None:
            return
        async for sku, orders in self._store.settled_before(before):
            terminal = [order for order in await self._find_terminal(orders) if order in orders]
            if terminal:
                await self._store.forget_settled(sku, terminal, before)
                self._probe.settled_pruned(sku, len(terminal))

    async def seed(self, products: list[NewProduct]) -> None:
        """Adds the products that have never been there; one that an admin edited or removed stays as it is."""
        known = await self._store.find_known([product.sku for product in products])
        added = [await self._store.add(product) for product in products if product.sku not in known]
        count = sum(1 for product in added if product is not None)
        if count > 0:
            self._probe.products_seeded(count)
