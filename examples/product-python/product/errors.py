"""Every refusal: its code is what a program decides by, its status and sentence follow from it (docs/errors.md)."""

from dataclasses import dataclass, field
from typing import Any, Mapping

KNOWN: Mapping[str, tuple[int, str]] = {
    "invalid_request": (400, "The request is not valid."),
    "malformed_json": (400, "The body is not valid JSON."),
    "unauthenticated": (401, "The request carries no proof of who makes it."),
    "invalid_token": (401, "The access token is not valid."),
    "invalid_service_key": (401, "The service key is not valid."),
    "forbidden": (403, "The caller may not do this."),
    "route_not_found": (404, "There is no such path."),
    "product_not_found": (404, "There is no product with this SKU."),
    "method_not_allowed": (405, "The path does not take this method."),
    "sku_taken": (409, "A product with this SKU already exists."),
    "product_has_holds": (409, "Orders in progress hold stock of this product."),
    "stock_below_zero": (409, "The change would take more than is available."),
    "out_of_stock": (409, "Not enough stock."),
    "hold_settled": (409, "This order is already settled for this SKU."),
    "commit_lost": (409, "There is no hold to commit for this order."),
    "version_mismatch": (412, "The product has changed since it was read."),
    "body_too_large": (413, "The body is too large."),
    "url_too_long": (414, "The URL is too long."),
    "unsupported_media_type": (415, "The body has a type, charset or encoding that this path does not take."),
    "hold_mismatch": (422, "This order already holds another quantity of this SKU."),
    "if_match_required": (428, "Send the ETag of the product you read in If-Match."),
    "headers_too_large": (431, "The headers are too large."),
    "internal_error": (500, "Something went wrong on our side."),
    "injected_fault": (503, "A fault was switched on for this path."),
    "overloaded": (503, "The service has too much to do."),
    "keys_unavailable": (503, "The keys that verify access tokens cannot be fetched."),
    "database_unavailable": (503, "The database cannot be reached."),
    "deadline_exceeded": (504, "The time for this request is over."),
}


@dataclass
class AppError(Exception):
    code: str
    detail: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, str]] | None = None
    status_given: int | None = None

    @property
    def status(self) -> int:
        return self.status_given or KNOWN[self.code][0]

    @property
    def title(self) -> str:
        return KNOWN[self.code][1]


def to_problem(error: AppError, public_url: str, trace_id: str) -> dict[str, Any]:
    """The error as it is answered: RFC 9457, and what leads to its trace."""
    problem: dict[str, Any] = {
        "type": f"{public_url}/docs/errors#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail or error.title,
        "code": error.code,
        "traceId": trace_id,
    }
    return problem if error.errors is None else {**problem, "errors": error.errors}
