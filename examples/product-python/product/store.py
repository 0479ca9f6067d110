"""The documents in MongoDB. Catalogue and stock of one SKU are one document, and every write is one guarded write on it,
so that `stocked = available + sum(holds.q) + sold` is true at every instant, whoever dies."""

from datetime import datetime, timezone
from typing import Any, AsyncIterator

from pymongo import AsyncMongoClient, ReturnDocument
from pymongo.errors import DuplicateKeyError

from .domain import Details, ListQuery, NewProduct, to_literal_pattern, to_search_key, to_search_words

Document = dict[str, Any]
CATALOGUE = {"holds": 0, "settled": 0}
SORT_FIELDS = {"name": "nameKey", "price": "price.amount", "created": "createdAt"}
PRUNE_LIMIT = 500


def now() -> datetime:
    """MongoDB keeps milliseconds."""
    at = datetime.now(timezone.utc)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class Store:
    def __init__(self, url: str, listeners: list[Any]) -> None:
        self._client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            event_listeners=listeners,
            tz_aware=True,
            # Every wait ends, and an acknowledged write survives a crash of the store.
            serverSelectionTimeoutMS=2_000,
            connectTimeoutMS=2_000,
            socketTimeoutMS=5_000,
            waitQueueTimeoutMS=500,
            maxPoolSize=20,
            w=1,
            journal=True,
        )
        self._database = self._client.get_default_database()
        self._skus = self._database["skus"]

    async def create_indexes(self) -> None:
        for keys in (["nameKey", "_id"], ["price.amount", "_id"], ["createdAt", "_id"], ["tags"]):
            await self._skus.create_index([(key, 1) for key in keys])

    async def ping(self) -> None:
        await self._database.command("ping")

    async def close(self) -> None:
        await self._client.close()

    async def search(self, query: ListQuery, after: tuple[Any, str] | None, limit: int) -> list[Document]:
        direction = -1 if query.sort.startswith("-") else 1
        field = SORT_FIELDS[query.sort.lstrip("-")]
        conditions = [_to_match(word) for word in to_search_words(query.q)]
        if after is not None:
            conditions.append(_to_behind(field, "$lt" if direction < 0 else "$gt", after))
        found = self._skus.find(
            {
                "listed": True,
                **({} if query.tag is None else {"tags": query.tag}),
                **({} if query.available is None else {"available": {"$gt": 0} if query.available == "true" else 0}),
                **({"$and": conditions} if conditions else {}),
            },
            CATALOGUE,
        )
        return await found.sort([(field, direction), ("_id", direction)]).limit(limit).to_list()

    async def find(self, sku: str) -> Document | None:
        return await self._skus.find_one({"_id": sku, "listed": True}, CATALOGUE)

    async def find_prices(self, skus: list[str]) -> list[Document]:
        return await self._skus.find({"_id": {"$in": skus}, "listed": True}, {"name": 1, "price": 1}).to_list()

    async def find_known(self, skus: list[str]) -> set[str]:
        """Those that exist or once did."""
        return {found["_id"] for found in await self._skus.find({"_id": {"$in": skus}}, {"_id": 1}).to_list()}

    async def add(self, product: NewProduct) -> Document | None:
        """None: the SKU is taken. A removed product's SKU is free again."""
        at = now()
        document = {
            "_id": product.sku,
            **_to_detail_fields(product.model_dump(exclude={"sku", "available"})),
            **{"listed": True, "version": 1, "createdAt": at, "updatedAt": at},
            **{"stocked": product.available, "available": product.available, "sold": 0, "holds": [], "settled": []},
        }
        try:
            await self._skus.insert_one(document)
            return document
        except DuplicateKeyError:
            return await self._relist(product, at)

    async def _relist(self, product: NewProduct, at: datetime) -> Document | None:
        """It kept its sales, and nothing holds it, so its stock starts anew beside them."""
        removed = await self._skus.find_one({"_id": product.sku, "listed": False}, CATALOGUE)
        if removed is None:
            return None
        return await self._change(
            {"_id": product.sku, "listed": False, "version": removed["version"]},
            {
                "$set": {
                    **_to_detail_fields(product.model_dump(exclude={"sku", "available"})),
                    **{"available": product.available, "stocked": removed["sold"] + product.available},
                    **{"listed": True, "createdAt": at, "updatedAt": at},
                },
                "$inc": {"version": 1},
            },
        )

    async def edit(self, guard: Document, changes: Document) -> Document | None:
        fields = {**_to_detail_fields(changes), "updatedAt": now()}
        return await self._change({**guard, "listed": True}, {"$set": fields, "$inc": {"version": 1}})

    async def remove(self, guard: Document) -> bool:
        result = await self._skus.update_one(
            {**guard, "listed": True, "holds": {"$size": 0}},
            {"$set": {"listed": False, "updatedAt": now()}, "$inc": {"version": 1}},
        )
        return result.modified_count == 1

    async def change_stock(self, guard: Document, delta: int) -> Document | None:
        return await self._change(
            {**guard, "listed": True, "available": {"$gte": -delta}},
            {"$inc": {"stocked": delta, "available": delta, "version": 1}, "$set": {"updatedAt": now()}},
        )

    async def count_out_of_stock(self) -> int:
        return await self._skus.count_documents({"listed": True, "available": 0})

    async def hold(self, sku: str, order: str, quantity: int) -> Document | None:
        return await self._change(
            {"_id": sku, "listed": True, "available": {"$gte": quantity}, **_untouched_by(order)},
            {
                "$inc": {"available": -quantity, "version": 1},
                "$push": {"holds": {"o": order, "q": quantity, "at": now()}},
            },
            {"available": 1},
        )

    async def commit(self, sku: str, order: str, quantity: int) -> bool:
        """Moves held units to sold ones, which no reader notices: the version stays."""
        return await self._settle(sku, order, quantity, {"sold": quantity}, "C")

    async def release(self, sku: str, order: str, quantity: int) -> bool:
        return await self._settle(sku, order, quantity, {"available": quantity, "version": 1}, "R")

    async def _settle(self, sku: str, order: str, quantity: int, increments: Document, result: str) -> bool:
        settled = await self._skus.update_one(
            {"_id": sku, "holds": {"$elemMatch": {"o": order, "q": quantity}}},
            {
                "$inc": increments,
                "$pull": {"holds": {"o": order}},
                "$push": {"settled": {"o": order, "r": result, "at": now()}},
            },
        )
        return settled.modified_count == 1

    async def bury(self, sku: str, order: str) -> bool:
        """Settles a claim that holds nothing, so that a reserve that comes late finds it and is refused."""
        tombstone = {"o": order, "r": "R", "at": now()}
        result = await self._skus.update_one({"_id": sku, **_untouched_by(order)}, {"$push": {"settled": tombstone}})
        return result.modified_count == 1

    async def find_claim(self, sku: str, order: str) -> tuple[str, int] | None:
        """State and quantity; None: there has never been such a SKU."""
        found = await self._skus.find_one({"_id": sku}, {"holds": 1, "settled": 1})
        if found is None:
            return None
        for hold in found["holds"]:
            if hold["o"] == order:
                return "HELD", hold["q"]
        for settled in found["settled"]:
            if settled["o"] == order:
                return ("COMMITTED" if settled["r"] == "C" else "RELEASED"), 0
        return "NONE", 0

    async def settled_before(self, before: datetime) -> AsyncIterator[tuple[str, list[str]]]:
        found = self._skus.find({"settled": {"$elemMatch": {"at": {"$lt": before}}}}, {"settled": 1}, batch_size=10)
        async for document in found:
            old = [settled["o"] for settled in document["settled"] if settled["at"] < before]
            yield document["_id"], old[:PRUNE_LIMIT]

    async def forget_settled(self, sku: str, orders: list[str], before: datetime) -> None:
        await self._skus.update_one({"_id": sku}, {"$pull": {"settled": {"o": {"$in": orders}, "at": {"$lt": before}}}})

    async def _change(self, guard: Document, change: Document, projection: Document = CATALOGUE) -> Document | None:
        return await self._skus.find_one_and_update(
            guard, change, projection=projection, return_document=ReturnDocument.AFTER
        )


def to_guard(sku: str, versions: list[int] | None) -> Document:
    return {"_id": sku} if versions is None else {"_id": sku, "version": {"$in": versions}}


def _to_detail_fields(given: Document) -> Document:
    """The stored form of what an admin writes, with the keys that search and sorting use."""
    details = {name: value for name, value in given.items() if name in Details.model_fields}
    keys = {f"{name}Key": to_search_key(details[name]) for name in ("name", "description") if name in details}
    return {**details, **keys}


def _untouched_by(order: str) -> Document:
    return {"holds.o": {"$ne": order}, "settled.o": {"$ne": order}}


def _to_match(word: str) -> Document:
    pattern = {"$regex": to_literal_pattern(word)}
    sku = {"$regex": to_literal_pattern(word.upper())}
    return {"$or": [{"_id": sku}, {"nameKey": pattern}, {"descriptionKey": pattern}]}


def _to_behind(field: str, operator: str, after: tuple[Any, str]) -> Document:
    """Everything behind a place in the sorted list. The SKU breaks ties, so nothing is skipped or given twice."""
    value, sku = after
    return {"$or": [{field: {operator: value}}, {field: value, "_id": {operator: sku}}]}
