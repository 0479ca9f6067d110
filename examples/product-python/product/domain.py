"""What a product is, and the pure rules about it."""

import csv
import re
import unicodedata
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

# The order's lease and five minutes for late messages: a settlement may be forgotten this long after it.
SETTLED_KEPT = timedelta(seconds=30, minutes=5)


def _refuse_controls(text: str, allowed: str = "") -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in text):
        raise ValueError("must not contain control characters")
    return text


def _refuse_repetition(tags: list[str]) -> list[str]:
    if len(set(tags)) < len(tags):
        raise ValueError("must not repeat a tag")
    return tags


Line = Annotated[str, AfterValidator(_refuse_controls)]
Name = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Description = Annotated[
    str, AfterValidator(lambda text: _refuse_controls(text, "\n")), StringConstraints(strip_whitespace=True, max_length=2000)
]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,29}\z")]
Tags = Annotated[list[Tag], Field(max_length=10), AfterValidator(_refuse_repetition)]


class Strict(BaseModel):
    """A field that nobody knows is a mistake of the caller."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Money(Strict):
    amount: Annotated[int, Field(ge=1, le=100_000_000)]
    currency: Literal["EUR"]


class Details(Strict):
    name: Name
    description: Description
    price: Money
    tags: Tags


class NewProduct(Details):
    sku: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,39}\z")]
    description: Description = ""
    tags: Tags = []
    available: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Changes(Strict):
    name: Name | None = None
    description: Description | None = None
    price: Money | None = None
    tags: Tags | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "Changes":
        if not self.model_fields_set:
            raise ValueError("must change something")
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("must not be null")
        return self


class StockChange(Strict):
    delta: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]

    @model_validator(mode="after")
    def _moves(self) -> "StockChange":
        if self.delta == 0:
            raise ValueError("must not be zero")
        return self


class Hold(Strict):
    quantity: Annotated[int, Field(ge=1, le=1000)]


class Prices(Strict):
    skus: Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(min_length=1, max_length=100)]


class ListQuery(BaseModel):
    """Query values are text, so they are converted here, unlike those of a body."""

    model_config = ConfigDict(extra="forbid")
    q: Annotated[Line, StringConstraints(max_length=100)] = ""
    tag: Tag | None = None
    available: Literal["true", "false"] | None = None
    sort: Literal["name", "-name", "price", "-price", "created", "-created"] = "name"
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=512)] | None = None


def to_search_key(text: str) -> str:
    """Text without case and accents, so that `cafe` finds `Café`."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if unicodedata.category(char)[0] != "M").lower()


def to_search_words(text: str) -> list[str]:
    return list(dict.fromkeys(to_search_key(text).split()))[:8]


def to_literal_pattern(text: str) -> str:
    """A pattern that matches this text and nothing else, whatever a stranger typed."""
    return re.sub(r"[\\^$.*+?()\[\]{}|/-]", r"\\\g<0>", text)


def to_rfc3339(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def to_version(document: dict[str, Any]) -> str:
    """A strong entity tag: versions are never used again, so equal tags mean equal bytes."""
    return f'"{document["version"]}"'


def read_seed() -> list[NewProduct]:
    """The catalogue of the demo, the same as in services/product."""
    rows = csv.DictReader(files(__package__).joinpath("seed.csv").read_text("utf-8").splitlines())
    return [
        NewProduct(
            sku=row["sku"],
            name=row["name"],
            description=row["description"],
            price=Money(amount=int(row["price"]), currency="EUR"),
            tags=row["tags"].split(),
            available=int(row["available"]),
        )
        for row in rows
    ]
