"""What a text would be as a file with cards: the cards in it, and what is wrong with it and where.

This runs the text, so it happens in a worker of its own, never in the server. Nothing that is in
use changes: neither the drop-in folder nor what is loaded from it is touched.
"""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature

from pydantic import BaseModel, ConfigDict

from tensorrag.card import Card
from tensorrag.catalog import CardInfo
from tensorrag.describing import describe
from tensorrag.errors import CardError, TensorRagError
from tensorrag.registry.finding import refuse_unfit, sentence
from tensorrag.registry.loading import cards_of, module_from_source

MOST_FAULTS = 20
"""Faults that are told at once."""


class Fault(BaseModel):
    """One thing that is wrong with a text, as one sentence."""

    model_config = ConfigDict(frozen=True)

    message: str
    hint: str = ""
    line: int | None = None
    """From 1; None where it is about the whole."""
    column: int | None = None
    """From 1."""


class Draft(BaseModel):
    """A text as a file with cards."""

    model_config = ConfigDict(frozen=True)

    cards: tuple[CardInfo, ...] = ()
    faults: tuple[Fault, ...] = ()
    """What keeps it from being used."""


def read_draft(source: str, stem: str) -> Draft:
    """Run a text, and describe the cards in it.

    Args:
        source: in Python, at any stage of being written.
        stem: what its file is called, without ``.py``.
    """
    file = f"<{stem}.py>"
    with _docstrings_shown():
        try:
            tree = ast.parse(source, file)
            cards = list(cards_of([module_from_source(source, stem)]))
            if not cards:
                raise CardError(
                    "There is no card in it yet.",
                    hint="Add a class that inherits from tensorrag.Card.",
                )
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Draft(faults=(_fault(error, _line_of(error, file)),))
        return _described(cards, source, tree)


@contextmanager
def _docstrings_shown() -> Iterator[None]:
    """Have the docstrings of fields read, which workers do without."""
    before = Card.model_config.get("use_attribute_docstrings", False)
    Card.model_config["use_attribute_docstrings"] = True
    try:
        yield
    finally:
        Card.model_config["use_attribute_docstrings"] = before


def _described(cards: list[type[Card]], source: str, tree: ast.Module) -> Draft:
    faults = {card: list(_faults_of(card, tree)) for card in cards}
    return Draft(
        cards=tuple(describe(card, source) for card in cards if not faults[card]),
        faults=tuple(fault for some in faults.values() for fault in some)[:MOST_FAULTS],
    )


def _faults_of(card: type[Card], tree: ast.Module) -> Iterator[Fault]:
    """Find the first thing that is wrong with a card, and where it stands."""
    for where, ask in (
        ("run", card.inputs),
        ("Out", card.outputs),
        ("propagate", lambda: _refuse_uneven(card)),
        ("", lambda: refuse_unfit(describe(card, ""))),
    ):
        try:
            ask()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            place = "run" if f"{card.__name__}.run" in str(error) else where
            yield _fault(error, _line_within(tree, card.__name__, place))
            return


def _refuse_uneven(card: type[Card]) -> None:
    """Refuse a ``propagate`` that cannot be called with one schema for each input."""
    propagate = getattr(card, "propagate", None)
    if propagate is None:
        return  # describing it says so
    try:
        signature(propagate).bind(None, *card.inputs())
    except TypeError:
        names = ", ".join(["self", *(port.name for port in card.inputs())])
        raise CardError(
            f"{card.__name__}.propagate does not take what run takes.",
            hint=f"It gets one schema for each input: `def propagate({names})`.",
        ) from None


def _fault(error: BaseException, line: int | None) -> Fault:
    if isinstance(error, SyntaxError):
        message = f"{error.msg[:1].upper()}{error.msg[1:]}."
        return Fault(message=message, line=error.lineno, column=error.offset or None)
    if isinstance(error, SystemExit):
        return Fault(message="It ends the process when it is imported.", line=line)
    if isinstance(error, MemoryError | RecursionError) and line is None:  # of the parser
        return Fault(message="Something in it is nested too deeply for Python to read it.")
    hint = error.hint if isinstance(error, TensorRagError) else ""
    return Fault(message=sentence(error)[:500], hint=hint[:500], line=line)


def _line_of(error: BaseException, file: str) -> int | None:
    """Return the last line of the text itself that an error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)


def _line_within(tree: ast.Module, card: str, name: str) -> int | None:
    """Return the line of a part of a card, or of the card where it has no such part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == card:
            parts = [each for each in node.body if getattr(each, "name", None) == name]
            return parts[0].lineno if parts else node.lineno
    return None
