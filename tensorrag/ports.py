"""Ports: what goes into a card and comes out, read from the signature of its ``run``."""

from __future__ import annotations

import inspect
import sys
import types
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from tensorrag.errors import CardError
from tensorrag.types.value import Value


@dataclass(frozen=True)
class Port:
    """One input or output of a card."""

    name: str
    type: type[Value]
    optional: bool = False
    """The card also runs without it."""
    many: bool = False
    """It takes any number of edges, in the order of the file."""


def input_ports(card: type) -> tuple[Port, ...]:
    """Read the inputs of a card class from the signature of ``run``.

    ``X`` is a required port, ``X | None`` an optional one, ``*tables: X`` takes many edges.

    Raises:
        CardError: ``run`` is missing, or an annotation is missing or no Value.
    """
    run = _run_of(card)
    hints = _hints(card, run)
    parameters = list(inspect.signature(run).parameters.values())[1:]
    return tuple(_input_port(card, parameter, hints) for parameter in parameters)


def output_ports(card: type) -> tuple[Port, ...]:
    """Read the outputs of a card class from its nested ``class Out(NamedTuple)``.

    Raises:
        CardError: there is no such class, ``run`` does not return it, or a field is no Value.
    """
    out: Any = getattr(card, "Out", None)
    if not (isinstance(out, type) and issubclass(out, tuple) and hasattr(out, "_fields")):
        raise CardError(
            f"{card.__name__} does not say what comes out.",
            hint="Add `class Out(NamedTuple):` with one line per output, such as `table: Table`.",
        )
    if _hints(card, _run_of(card)).get("return") is not out:
        raise CardError(
            f"{card.__name__}.run does not say that it returns Out.",
            hint="Write `def run(self, …) -> Out:`.",
        )
    hints = _hints(card, out)
    fields: tuple[str, ...] = getattr(out, "_fields", ())
    return tuple(Port(name, _value_type(card, name, hints.get(name))) for name in fields)


def _run_of(card: type) -> Any:
    run = getattr(card, "run", None)
    if run is None:
        raise CardError(
            f"{card.__name__} has no run method.", hint="Add `def run(self, …) -> Out:`."
        )
    return run


def _hints(card: type, thing: Any) -> dict[str, Any]:
    """Resolve annotations in the class's own namespace: a nested Out is only known there."""
    module = sys.modules.get(card.__module__)
    names = {**vars(module)} if module else {}
    local = {name: getattr(card, name) for name in ("Out",) if hasattr(card, name)}
    try:
        return get_type_hints(thing, globalns=names, localns=local)
    except NameError as error:
        raise CardError(
            f"{card.__name__} uses the name {error.name!r} in its signature, which is not known.",
            hint="Import it at the top of the file.",
        ) from error


def _input_port(card: type, parameter: inspect.Parameter, hints: dict[str, Any]) -> Port:
    hint = hints.get(parameter.name)
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        raise CardError(
            f"{card.__name__}.run takes **{parameter.name}, which has no fixed ports.",
            hint="Name each input.",
        )
    many = parameter.kind is inspect.Parameter.VAR_POSITIONAL
    inner, optional = _without_none(hint)
    return Port(parameter.name, _value_type(card, parameter.name, inner), optional or many, many)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    inner = [arg for arg in get_args(hint) if arg is not type(None)]
    return (inner[0] if len(inner) == 1 else hint), len(inner) < len(get_args(hint))


def _value_type(card: type, name: str, hint: Any) -> type[Value]:
    if isinstance(hint, type) and issubclass(hint, Value):
        return hint
    missing = f"{card.__name__}: the port {name!r} has no type that can travel on an edge."
    raise CardError(missing, hint=f"Annotate it, such as `{name}: Table`.")
