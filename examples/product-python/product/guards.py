"""Who may do what: access tokens of users, keys of services."""

import asyncio
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
from opentelemetry.context import Context, attach, detach
from starlette.requests import Request

from .config import ServiceKeys
from .errors import AppError
from .outbound import Outbound
from .telemetry import current_request

AUDIENCE = "glasshouse"
CLOCK_TOLERANCE_S = 30
TOKEN = re.compile(r"(?i:Bearer) +([\w-]+\.[\w-]+\.[\w-]+)", re.ASCII)


@dataclass
class Tokens:
    outbound: Outbound
    jwks_url: str
    issuer: str

    def __post_init__(self) -> None:
        self._keys: dict[str, Any] = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def require_admin(self, request: Request) -> None:
        if "admin" not in await self._verify(request.headers.get("authorization")):
            raise AppError("forbidden")

    async def _verify(self, authorization: str | None) -> list[str]:
        """@returns the roles of whom the token is about"""
        if authorization is None:
            raise AppError("unauthenticated", headers={"www-authenticate": 'Bearer realm="glasshouse"'})
        match = TOKEN.fullmatch(authorization)
        if match is None or len(match[1]) > 8192:
            raise _refused()
        try:
            header = jwt.get_unverified_header(match[1])
            if header.get("alg") != "RS256" or header.get("typ", "").lower() not in ("at+jwt", "application/at+jwt"):
                raise _refused()
            key = await self._find_key(header.get("kid", ""))
            claims = jwt.decode(
                match[1],
                key,
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=self.issuer,
                leeway=CLOCK_TOLERANCE_S,
                options={"require": ["exp", "sub", "client_id"]},
            )
        except jwt.ExpiredSignatureError:
            raise _refused("The access token has expired.") from None
        except jwt.PyJWTError:
            raise _refused() from None
        context = current_request.get()
        if context is not None:
            context.user_id = claims["sub"]
        return claims.get("roles", [])

    async def _find_key(self, kid: str) -> Any:
        """An unknown id asks the issuer, at most once a second, so that junk ids can neither use it up nor block it."""
        async with self._fetching:
            if kid not in self._keys and time.monotonic() - self._fetched_at > 1:
                self._fetched_at = time.monotonic()
                await self._fetch()
        if kid not in self._keys:
            raise _refused()
        return self._keys[kid]

    async def _fetch(self) -> None:
        # The keys serve all requests, so the trace of one of them does not count.
        token = attach(Context())
        try:
            found = jwt.PyJWKSet.from_dict(await self.outbound.call("oauth", "GET", self.jwks_url, proves=False))
            self._keys = {key.key_id: key.key for key in found.keys if key.key_id and key.key_type == "RSA"}
        except (httpx.HTTPError, jwt.PyJWTError, ValueError):
            raise AppError("keys_unavailable", headers={"retry-after": "1"}) from None
        finally:
            detach(token)


def _refused(detail: str | None = None) -> AppError:
    headers = {"www-authenticate": 'Bearer realm="glasshouse", error="invalid_token"'}
    return AppError("invalid_token", detail=detail, headers=headers)


def require_service(keys: ServiceKeys, request: Request, allowed: str) -> None:
    """@raises AppError unless the header x-service-key proves that this service calls"""
    proof = request.headers.get("x-service-key")
    if proof is None:
        raise AppError("unauthenticated")
    caller, _, secret = proof.partition(".")
    if not keys.is_right(caller, secret):
        raise AppError("invalid_service_key")
    if caller != allowed:
        raise AppError("forbidden")
