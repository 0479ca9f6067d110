"""Reads a request: JSON within limits, then everything against its model, with every problem named and no value repeated."""

import json
import re
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from .errors import AppError

MAX_BODY = 64 * 1024
MAX_THROWN_AWAY = 1024 * 1024
MAX_DEPTH = 20
MAX_PROBLEMS = 20
SKU = re.compile(r"[A-Za-z0-9._-]{1,64}")
ORDER = re.compile(r"[A-Za-z0-9_-]{8,64}")
Model = TypeVar("Model", bound=BaseModel)


def refuse(path: str, problem: str) -> NoReturn:
    raise AppError("invalid_request", errors=[{"path": path, "problem": problem}])


def read_param(request: Request, name: str, pattern: re.Pattern[str]) -> str:
    value: str = request.path_params[name]
    if pattern.fullmatch(value) is None:
        refuse(f"params.{name}", "has characters or a length that it may not have")
    return value


def read_query(request: Request, model: type[Model]) -> Model:
    pairs = request.query_params.multi_items()
    if len(dict(pairs)) < len(pairs):
        refuse("query", "has a parameter twice")
    return parse("query", model, dict(pairs))


async def read_body(request: Request, model: type[Model]) -> Model:
    return parse("body", model, await _read_json(request) if _has_body(request) else None)


def refuse_body(request: Request) -> None:
    if _has_body(request):
        raise AppError("invalid_request", detail="This path takes no body.")


def parse(part: str, model: type[Model], value: Any) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise AppError("invalid_request", errors=[_to_problem(part, each) for each in error.errors()][:MAX_PROBLEMS]) from None


def _to_problem(part: str, error: Any) -> dict[str, str]:
    path = ".".join([part, *(str(step)[:64] for step in error["loc"])])
    return {"path": path, "problem": "is not known" if error["type"] == "extra_forbidden" else error["msg"]}


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


async def _read_json(request: Request) -> Any:
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = re.search(r"charset=\"?([^\";\s]+)", parameters)
    is_compressed = request.headers.get("content-encoding", "identity").lower() != "identity"
    if media_type.strip() != "application/json" or (charset and charset[1] != "utf-8") or is_compressed:
        detail = "The body must be application/json in UTF-8, not compressed."
        raise AppError("unsupported_media_type", detail=detail, headers={"accept": "application/json"})
    content = await _read_bytes(request)
    try:
        value = json.loads(content.decode("utf-8"), parse_float=_to_number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise AppError("malformed_json") from None
    if _is_deeper(value, MAX_DEPTH):
        raise AppError("invalid_request", detail=f"JSON may be nested {MAX_DEPTH} levels deep.")
    return value


async def _read_bytes(request: Request) -> bytes:
    """A little of what is too much is read and thrown away: whoever is still sending would only see the connection reset,
    and never the answer."""
    content, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY:
            content += chunk
        elif size > MAX_THROWN_AWAY:
            break
    if size > MAX_BODY:
        raise AppError("body_too_large", detail=f"At most {MAX_BODY} bytes.", headers={"connection": "close"})
    return bytes(content)


def _to_number(text: str) -> float | int:
    """JSON has one kind of number: 12.0 is 12."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(_text: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _is_deeper(value: Any, levels: int) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return children is not None and (levels == 0 or any(_is_deeper(child, levels - 1) for child in children))
