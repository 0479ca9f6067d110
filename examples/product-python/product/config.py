"""What the environment says. The variables are those of docs/conformance.md."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Annotated, Literal, Mapping

from pydantic import AnyHttpUrl, BaseModel, BeforeValidator, Field, ValidationError, model_validator

Port = Annotated[int, Field(ge=0, le=65535)]


def _to_url(value: object) -> str:
    text = str(value).rstrip("/")
    AnyHttpUrl(text)
    return text


Url = Annotated[str, BeforeValidator(_to_url)]


class Config(BaseModel):
    PORT: Port = 8083
    INTERNAL_PORT: Port = 8183
    ADMIN_PORT: Port = 8283
    HOST: str = "127.0.0.1"
    PUBLIC_URL: Url = "http://localhost:8080"
    LOG_LEVEL: Literal["error", "warn", "info", "debug"] = "info"
    FLUENTD_URL: Annotated[str, Field(pattern=r"^(tcp://[^/]+:\d+)?$")] = ""
    # The Jaeger exporter of OpenTelemetry is what speaks Thrift over HTTP; "otlp" is not built in here.
    TRACER: Literal["jaeger", "none"] = "jaeger"
    JAEGER_ENDPOINT: Url = "http://127.0.0.1:14268/api/traces"
    TRACE_SAMPLE_RATIO: Annotated[float, Field(ge=0, le=1)] = 1
    OAUTH_ISSUER: Url = "http://localhost:8080"
    JWKS_URL: Url = "http://127.0.0.1:8081/.well-known/jwks.json"
    SERVICE_KEYS_FILE: str = ""
    DEMO_MODE: bool = False
    MONGO_URL: Annotated[str, Field(pattern=r"^mongodb(\+srv)?://.+")]
    ORDER_URL: Url | None = None
    SETTLED_PRUNE_INTERVAL_MS: Annotated[int, Field(ge=0)] = 60_000

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, values: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in values.items() if value != ""}


class ConfigError(Exception):
    """Everything that is wrong at once; never a value, since it may be a secret."""


def parse_config(environment: Mapping[str, str]) -> Config:
    known = {name: value for name, value in environment.items() if name in Config.model_fields}
    try:
        return Config.model_validate(known)
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ConfigError("The configuration is not valid:\n" + "\n".join(problems)) from None


@dataclass(frozen=True)
class ServiceKeys:
    """The file holds only digests of the callers' secrets, two active at once for rotation."""

    own: str | None = None
    callers: Mapping[str, list[str]] = field(default_factory=dict)

    def is_right(self, caller: str, secret: str) -> bool:
        digest = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
        # Every digest is compared, also after a match: the time must not tell which one it was.
        return any([hmac.compare_digest(each, digest) for each in self.callers.get(caller, [])])


def load_service_keys(path: str) -> ServiceKeys:
    if path == "":
        return ServiceKeys()
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        return ServiceKeys(own=f"product.{content['self']}", callers=content["callers"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError("SERVICE_KEYS_FILE: expected a file { self: secret, callers: { name: [sha256 hex] } }") from None
