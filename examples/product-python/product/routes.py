"""The doors `app` and `internal`. A handler makes three moves: parse, call, respond."""

import base64
import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .conditions import is_not_modified, read_if_match
from .config import ServiceKeys
from .domain import Changes, Details, Hold, ListQuery, NewProduct, Prices, StockChange, to_rfc3339, to_version
from .guards import Tokens, require_service
from .requests import ORDER, SKU, read_body, read_param, read_query, refuse, refuse_body
from .store import SORT_FIELDS, Document, Store
from .use_cases import UseCases


class AppRoutes:
    """What the gateway forwards to."""

    def __init__(self, use_cases: UseCases, store: Store, tokens: Tokens, public_url: str) -> None:
        self._use_cases, self._store, self._tokens, self._public_url = use_cases, store, tokens, public_url
        product = "/api/products/{sku}"
        self.routes = [
            Route("/api/products", self.search, methods=["GET"]),
            Route("/api/products", self.create, methods=["POST"]),
            Route(product, self.read, methods=["GET"]),
            Route(product, self.edit, methods=["PUT", "PATCH"]),
            Route(product, self.remove, methods=["DELETE"]),
            Route(f"{product}/availability", self.availability, methods=["GET"]),
            Route(f"{product}/stock", self.change_stock, methods=["POST"]),
        ]

    async def search(self, request: Request) -> Response:
        query = read_query(request, ListQuery)
        found = await self._store.search(query, _read_cursor(query), query.limit + 1)
        items = found[: query.limit]
        body: dict[str, Any] = {"items": [self._to_body(item) for item in items]}
        if len(found) > len(items):
            body["next"] = _to_cursor(query.sort, items[-1])
        return JSONResponse(body, headers={"cache-control": "no-cache"})

    async def read(self, request: Request) -> Response:
        product = await self._use_cases.get_product(read_param(request, "sku", SKU))
        return self._answer(request, product, self._to_body(product))

    async def availability(self, request: Request) -> Response:
        product = await self._use_cases.get_product(read_param(request, "sku", SKU))
        links = {"product": self._to_link(product["_id"])}
        return self._answer(request, product, {"sku": product["_id"], "available": product["available"], "links": links})

    async def create(self, request: Request) -> Response:
        await self._tokens.require_admin(request)
        product = await self._use_cases.create_product(await read_body(request, NewProduct))
        headers = {"location": self._to_link(product["_id"])}
        return self._answer_admin(product, 201, headers)

    async def edit(self, request: Request) -> Response:
        await self._tokens.require_admin(request)
        sku = read_param(request, "sku", SKU)
        changes: Details | Changes
        if request.method == "PUT":
            changes = await read_body(request, Details)
        else:
            changes = await read_body(request, Changes)
        return self._answer_admin(await self._use_cases.edit_product(sku, read_if_match(request, required=True), changes))

    async def remove(self, request: Request) -> Response:
        await self._tokens.require_admin(request)
        refuse_body(request)
        sku = read_param(request, "sku", SKU)
        await self._use_cases.remove_product(sku, read_if_match(request, required=True))
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def change_stock(self, request: Request) -> Response:
        await self._tokens.require_admin(request)
        sku = read_param(request, "sku", SKU)
        change = await read_body(request, StockChange)
        versions = read_if_match(request, required=False)
        return self._answer_admin(await self._use_cases.change_stock(sku, versions, change.delta))

    def _answer(self, request: Request, product: Document, body: dict[str, Any]) -> Response:
        """Caches may keep it but must ask each time: a sale may change it at any moment."""
        etag = to_version(product)
        headers = {"etag": etag, "cache-control": "no-cache"}
        return Response(status_code=304, headers=headers) if is_not_modified(request, etag) else JSONResponse(body, headers=headers)

    def _answer_admin(self, product: Document, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        fresh = {"etag": to_version(product), "cache-control": "no-cache"}
        return JSONResponse(self._to_body(product), status, {**fresh, **(headers or {})})

    def _to_link(self, sku: str) -> str:
        return f"{self._public_url}/api/products/{quote(sku, safe='')}"

    def _to_body(self, product: Document) -> dict[str, Any]:
        link = self._to_link(product["_id"])
        return {
            "sku": product["_id"],
            **{name: product[name] for name in ("name", "description", "price", "tags", "available")},
            "createdAt": to_rfc3339(product["createdAt"]),
            "updatedAt": to_rfc3339(product["updatedAt"]),
            "links": {"self": link, "availability": f"{link}/availability"},
        }


class InternalRoutes:
    """What the order service asks; every call may come twice, late, or after the one that was meant to follow it."""

    def __init__(self, use_cases: UseCases, store: Store, keys: ServiceKeys) -> None:
        self._use_cases, self._store, self._keys = use_cases, store, keys
        holds = "/internal/skus/{sku}/holds/{orderId}"
        self.routes = [
            Route(holds, self.reserve, methods=["PUT"]),
            Route(holds, self.release, methods=["DELETE"]),
            Route(f"{holds}/commit", self.commit, methods=["PUT"]),
            Route("/internal/prices", self.prices, methods=["POST"]),
        ]

    async def reserve(self, request: Request) -> Response:
        require_service(self._keys, request, "order")
        hold = await read_body(request, Hold)
        await self._use_cases.reserve(*_read_claim(request), hold.quantity)
        return _to_state("HELD")

    async def commit(self, request: Request) -> Response:
        require_service(self._keys, request, "order")
        refuse_body(request)
        await self._use_cases.commit(*_read_claim(request))
        return _to_state("COMMITTED")

    async def release(self, request: Request) -> Response:
        require_service(self._keys, request, "order")
        refuse_body(request)
        return _to_state(await self._use_cases.release(*_read_claim(request)))

    async def prices(self, request: Request) -> Response:
        require_service(self._keys, request, "order")
        wanted = await read_body(request, Prices)
        found = await self._store.find_prices(list(dict.fromkeys(wanted.skus)))
        items = [{"sku": each["_id"], "name": each["name"], "unitPrice": each["price"]} for each in found]
        return JSONResponse({"items": items}, headers={"cache-control": "no-store"})


def _read_claim(request: Request) -> tuple[str, str]:
    return read_param(request, "sku", SKU), read_param(request, "orderId", ORDER)


def _to_state(state: str) -> Response:
    return JSONResponse({"state": state}, headers={"cache-control": "no-store"})


def _to_cursor(sort: str, product: Document) -> str:
    """The place of a product in a sorted list; the SKU makes it unique."""
    values = {"name": product["nameKey"], "price": product["price"]["amount"], "created": to_rfc3339(product["createdAt"])}
    text = json.dumps({"sort": sort, "value": values[sort.lstrip("-")], "sku": product["_id"]})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(query: ListQuery) -> tuple[Any, str] | None:
    if query.cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4)))
        value, sku = place["value"], place["sku"]
        wanted = int if SORT_FIELDS[query.sort.lstrip("-")] == "price.amount" else str
        if place["sort"] != query.sort or not isinstance(value, wanted) or not isinstance(sku, str):
            raise ValueError
        return (datetime.fromisoformat(str(value)) if query.sort.endswith("created") else value), sku
    except (ValueError, KeyError, TypeError):
        refuse("query.cursor", "is not a cursor of this list and this order of sorting")
