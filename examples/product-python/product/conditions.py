"""If-Match and If-None-Match (RFC 9110, 13.1)."""

import re

from starlette.requests import Request

from .errors import AppError
from .requests import refuse

TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
LIST = re.compile(r'[\t ,]*(?:(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"[\t ]*(?:,[\t ,]*|$))+')
VERSION = re.compile(r"[1-9]\d{0,14}", re.ASCII)


def read_if_match(request: Request, required: bool) -> list[int] | None:
    """The versions that a guarded write accepts; None accepts all. Strong comparison: a weak tag matches nothing."""
    header = request.headers.get("if-match")
    if header is None:
        if required:
            raise AppError("if_match_required")
        return None
    if len(header) > 1000:
        refuse("headers.if-match", "is too long")
    if header.strip() == "*":
        return None
    if LIST.fullmatch(header) is None:
        raise AppError("invalid_request", detail="If-Match is not a list of entity tags.")
    return [int(opaque) for weak, opaque in TAG.findall(header) if weak == "" and VERSION.fullmatch(opaque)]


def is_not_modified(request: Request, etag: str) -> bool:
    """Weak comparison. A malformed header is as if absent: the full answer is always right."""
    header = request.headers.get("if-none-match", "")
    if header.strip() == "*":
        return True
    return LIST.fullmatch(header) is not None and any(f'"{opaque}"' == etag for _, opaque in TAG.findall(header))
