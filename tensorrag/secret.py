"""Secrets as parameters: the parameter holds a name, and only the running card gets the value.

The value lives in the workspace's settings. It travels beside the task to the one process that
runs the card, and is blacked out in all that comes back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tensorrag import redaction
from tensorrag.errors import CardError, ParameterError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"
"""What a secret may be called."""

_given: dict[str, str] = {}


class Secret(str):
    """The name of a secret, as a card's parameter; ``value()`` is the secret itself.

    Example:
        >>> class Fetch(Card):
        ...     token: Secret
        ...     def run(self) -> Out:
        ...         answer = ask(self.token.value())
    """

    __slots__ = ()

    def value(self) -> str:
        """Return the secret; there is one only while the card runs, or looks at its source.

        Raises:
            CardError: this process was not given it.
        """
        try:
            return _given[self]
        except KeyError:
            raise missing(self) from None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the name as a text."""
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(cls._of, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell the form that this names a secret."""
        return {**handler(schema), "pattern": NAME, "format": "secret"}

    @classmethod
    def _of(cls, name: str) -> Secret:
        """Take a name; what is none may be the secret itself, so that nobody repeats it."""
        if re.fullmatch(NAME, name) is None:
            raise ParameterError(
                "This is no name of a secret.",
                hint="Choose one of the secrets in the settings; the secret itself belongs there.",
            )
        return cls(name)


def missing(name: str) -> CardError:
    """Say that there is no such secret."""
    return CardError(
        f"There is no secret called {name} here.",
        hint=f"Add it under Settings, or with `tensorrag secret set {name}`.",
    )


def give(values: Mapping[str, str]) -> None:
    """Give this process the secrets of the card that it runs, and hide them from what it tells.

    Call it, too, to try a card in plain Python: ``give({"hub": "…"})``.
    """
    _given.clear()
    _given.update(values)
    redaction.hide(values.values())
