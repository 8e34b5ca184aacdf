"""What all payloads are made of: frozen, JSON-safe, with plain finite numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def finite(number: Any) -> float | int | None:
    """Return a plain finite Python number, or None where there is none.

    Accepts Python and numpy numbers; NaN and infinities become None.
    """
    if number is None or isinstance(number, bool | int):
        return number
    value = float(number)
    return value if math.isfinite(value) else None


def _finite_all(numbers: Iterable[Any]) -> list[float | int | None]:
    return [finite(number) for number in numbers]


Number = Annotated[float | int | None, BeforeValidator(finite)]
Numbers = Annotated[tuple[float | int | None, ...], BeforeValidator(_finite_all)]

Cell = str | bool | int | float | None


class Payload(BaseModel):
    """Something to be shown, as plain data; one of a card of one's own is looked at again."""

    model_config = ConfigDict(frozen=True, extra="forbid", revalidate_instances="always")
