"""A card: one step of a pipeline. Its fields are the parameters, its ``run`` has the ports."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, get_args

import pydantic
from pydantic import BaseModel, ConfigDict

from tensorrag.errors import CardError
from tensorrag.footprint import Footprint
from tensorrag.plain import JsonObject
from tensorrag.ports import Port, input_ports, output_ports
from tensorrag.preview import Face, Preview
from tensorrag.types.schema import Schema, TableSchema
from tensorrag.types.seen import Seen
from tensorrag.types.value import Value


class Card(BaseModel):
    """The base of every card.

    A subclass adds fields (its parameters), a nested ``class Out(NamedTuple)`` (its outputs),
    ``run`` (whose signature names the inputs), and ``propagate``, which mirrors ``run`` with
    schemas. Optional: ``peek(self) -> Peek`` for cards that read an outside source.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        field_title_generator=lambda name, _: name.replace("_", " ").capitalize(),
    )

    id: ClassVar[str] = ""
    """Snake case of the class name, with ``pack/`` before it for packs."""
    title: ClassVar[str] = ""
    """What people call it; from the class name where it is not given."""
    category: ClassVar[str] = "Other"
    """Its group in the palette."""
    version: ClassVar[int] = 1
    """Raised, with a ``migrate``, when a parameter changes its meaning or default."""
    gpu: ClassVar[str | None] = None
    """The GPU it would like, such as ``"T4"``."""
    timeout: ClassVar[int] = 3600
    """Seconds it may take, unless its settings say otherwise."""
    libraries: ClassVar[tuple[str, ...]] = ()
    """Distributions whose versions decide its results."""
    hands_on: ClassVar[bool] = False
    """Whether it may return one of its inputs, unchanged: that is then not stored once more."""
    reads_titles: ClassVar[bool] = False
    """Whether it asks what the cards before it are called, see ``tensorrag.titles``."""
    reads_costs: ClassVar[bool] = False
    """Whether it asks what the models before it cost, see ``tensorrag.costs``."""
    on_new_rows: ClassVar[Literal["again", "learnt", "nothing", "unknown"]] = "unknown"
    """What is done with it when a model that learnt from its table is asked about new rows.

    ``"again"``: it looks at one row at a time, takes one table and makes one, so the new rows go
    through it too. ``"learnt"``: it changes its first table by what it has learnt from a table,
    and can do so again (``tensorrag.recipe.Learns``). ``"nothing"``: it only leaves rows out, adds
    some or orders them. ``"unknown"``: the model is asked about columns as they come out of it.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse parameter names that already mean something."""
        super().__init_subclass__(**kwargs)
        for name in inspect.get_annotations(cls):
            if name in _RESERVED:
                raise CardError(
                    f"{cls.__name__}: a parameter cannot be called {name!r}.",
                    hint=f"Call it {name}_value, or anything else.",
                )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Name the card after its class."""
        super().__pydantic_init_subclass__(**kwargs)
        if "id" not in cls.__dict__:
            cls.id = snake_case(cls.__name__)
        if "title" not in cls.__dict__:
            cls.title = snake_case(cls.__name__).replace("_", " ").title()

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _no_flag_is_a_number(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """Have ``true`` refused where a number is due: to Python it is 1."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        return _flags_as_words(value) if _is_of_numbers(annotation) else value

    @classmethod
    def migrate(cls, params: dict[str, Any], from_version: int) -> dict[str, Any]:
        """Bring parameters of an older version up to date."""
        return params

    @classmethod
    def inputs(cls) -> tuple[Port, ...]:
        """The input ports, in the order of ``run``."""
        return input_ports(cls)

    @classmethod
    def outputs(cls) -> tuple[Port, ...]:
        """The output ports, in the order of ``Out``."""
        return output_ports(cls)

    def active(self) -> dict[str, Any]:
        """Return the parameters that matter for the choices made, defaults included, as JSON."""
        values = self.model_dump(mode="json")
        return {
            name: values[name]
            for name, field in type(self).model_fields.items()
            if _holds(_extra(field).get("x-when"), values)
        }

    def made_of(self, column: str, table: TableSchema) -> tuple[str, ...]:
        """Name the columns of a table that a column of the new one is made of.

        Asked where ``on_new_rows`` is ``"again"`` or ``"learnt"``; by default each is made of
        itself.

        Args:
            column: of the table that the card makes.
            table: the one that it takes.
        """
        return (column,)

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Say what was seen of the rows of its only table that holds of those it makes, too.

        By default that is nothing, but what holds of any of these rows where the card only leaves
        some out, repeats or orders them (``on_new_rows`` is ``"nothing"``).

        Args:
            seen: what was seen.
            table: what is known of that table.
        """
        return seen.of_rows_again() if self.on_new_rows == "nothing" else None

    def still_seen_by_others(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Say the same of the rows of its first table where it has learnt from another one.

        Asked where ``on_new_rows`` is ``"learnt"``; by default that is nothing.

        Args:
            seen: what was seen of the first table.
            table: what is known of it.
        """
        return None

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Sum up the parameters in one short line, shown on the card.

        Args:
            schemas: what is known of the inputs, by port.
        """
        changed = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in self.active().items()
            if value != type(self).model_fields[name].get_default(call_default_factory=True)
        ]
        return " · ".join(changed[:2])

    def concerns(self, schemas: Mapping[str, Any]) -> Iterable[CardError]:
        """Tell what will likely go wrong in a run, as far as schemas tell; shown as warnings.

        Args:
            schemas: what is known of the inputs, by port, where something is; a list where a port
                takes many.
        """
        return ()

    def offers(self, inputs: Mapping[str, Any]) -> Mapping[str, list[str]]:
        """List what parameters with ``choices_of`` can pick from, as far as schemas tell.

        Args:
            inputs: what is known of the inputs, by port; a list where a port takes many.
        """
        return {}

    def uses_cores(self) -> int:
        """Say how many processor cores it makes use of, unless its settings say otherwise."""
        return 1

    def footprint(self, schemas: Mapping[str, Schema]) -> Footprint | None:
        """Estimate how much room a run will need, as far as schemas tell; None: no idea.

        Args:
            schemas: what is known of the inputs, by port.
        """
        return None

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """Choose what the card shows after a run; the first output's face by default."""
        return outputs[0].face() if outputs else None

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Choose what the inspector shows; each output's own preview by default."""
        names = [port.name for port in self.outputs()]
        return {name: value.shown() for name, value in zip(names, outputs, strict=True)}

    def judged(self, outputs: tuple[Value, ...]) -> Mapping[str, Sequence[JsonObject]]:
        """Tell how good models were found to be that came in; nothing by default.

        A card that has Metrics as an output need not: they are of the models that came in.

        Returns:
            By input ``{"metrics": {name: value, "baseline": {name: value}}, "rows": …}`` for each
            model, in the order in which they came in; JSON.
        """
        return {}


_RESERVED = {name for name in dir(Card) if not name.startswith("__")} | {
    "Out",
    "run",
    "propagate",
    "peek",
}


def snake_case(name: str) -> str:
    """Turn ``DataSplit`` into ``data_split``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower()


def _is_of_numbers(annotation: Any) -> bool:
    """Tell whether a parameter holds numbers, one or several, and no flags."""
    parts = _parts(annotation)
    return (int in parts or float in parts) and bool not in parts


def _parts(annotation: Any) -> list[Any]:
    """Take apart what a list, a choice or an annotated type is made of."""
    inner = get_args(annotation)
    return [part for one in inner for part in _parts(one)] if inner else [annotation]


def _flags_as_words(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_flags_as_words(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else value


def _extra(field: pydantic.fields.FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _holds(when: Mapping[str, Any] | None, values: Mapping[str, Any]) -> bool:
    return all(
        values.get(name) in (wanted if isinstance(wanted, list | tuple) else (wanted,))
        for name, wanted in (when or {}).items()
    )
