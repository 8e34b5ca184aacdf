"""Runs a card in the process where this is called: from values of the store to values of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from tensorrag.allowance import allowing, default_memory
from tensorrag.card import Card
from tensorrag.checkpoint import Keeper, keeping
from tensorrag.costs import costing
from tensorrag.errors import CardError, InputError, SourceChanged, TensorRagError
from tensorrag.leaving.preparing import with_python
from tensorrag.peek import Peek
from tensorrag.plain import JsonObject
from tensorrag.recipe import Learns, carried
from tensorrag.registry.loading import load_card, make_card
from tensorrag.showing import face_of, measured_by, previews_of
from tensorrag.sources import Sources
from tensorrag.store.artifacts import Store
from tensorrag.task import Task
from tensorrag.titles import titled
from tensorrag.types import Model, ModelSchema, Table, TableSchema
from tensorrag.types.looking import with_seen
from tensorrag.types.value import Value


def run_card(task: Task, store: Store, sources: Sources, *, later: bool = False) -> JsonObject:
    """Load what arrives, run the card, and store what it makes.

    Args:
        task: names the card and what arrives.
        store: where values come from and go to.
        sources: what may be read.
        later: whether large tables may be drawn when somebody looks, because the store is near.

    Returns:
        ``{"outputs": {port: {"type", "sha256", "schema", "value"}}, "face", "previews", "device",
        "pid", "fingerprint"}``, and with the first output what was ``measured`` of models that came
        in, where the card tells (`Card.judged`).

    Raises:
        TensorRagError: a deliberate one, or whatever the card raises.
    """
    card = make_card(load_card(task.entry, task.source), task.params)
    memory = round(task.memory or default_memory(gpu=task.gpu))
    told = titled(task.titles), costing(task.costs)
    with allowing(memory), keeping(_keeper(task, store)), told[0], told[1]:
        arguments, came = _arguments(card, task, store)
        made = card.run(*arguments)  # type: ignore[attr-defined]
    fingerprint = _read(card, task, sources)
    outputs = _outputs(card, made)
    _carry(card, task, arguments, outputs)
    known = came if card.hands_on else {}
    with ThreadPoolExecutor(1) as beside:  # its face is drawn while it is written and hashed
        storing = beside.submit(copy_context().run, _all_stored, store, card, outputs, known)
        face = face_of(card, outputs)
    stored = storing.result()
    for value, each in zip(outputs, stored.values(), strict=True):
        if later and isinstance(value, Table):
            value.stored_as = each["sha256"]
    previews = previews_of(card, outputs)
    if measured := measured_by(card, outputs):
        next(iter(stored.values()))["measured"] = measured
    return {
        "outputs": stored,
        "face": face,
        "previews": previews,
        "device": _device(outputs),
        "pid": os.getpid(),
        "fingerprint": fingerprint,
    }


def _carry(card: Card, task: Task, arguments: list[Any], outputs: tuple[Value, ...]) -> None:
    """Have tables and models keep how their columns came about."""
    values = [value for value in arguments if isinstance(value, Value)]
    first = next((value for value in values if isinstance(value, Table)), None)
    entry = task.entry if task.source is None else ""
    learnt = card.learnt if isinstance(card, Learns) else None
    schemas = [value.schema for value in values]
    for output in outputs:
        if not isinstance(output, Table | Model):
            continue
        schema = carried(card, entry, schemas, output.schema, first, learnt)
        if isinstance(output, Table) and isinstance(schema, TableSchema):
            output.recipe = schema.recipe
        elif isinstance(output, Model) and isinstance(schema, ModelSchema):
            output.recipe, output.asks = with_python(schema), schema.asks


def _read(card: Card, task: Task, sources: Sources) -> str | None:
    """Return the fingerprint of what the card has read, which may not be what was looked at.

    Raises:
        SourceChanged: the source is another by now, and the card does not say which one it read.
    """
    if sources.read or task.fingerprint is None:
        return sources.read[-1] if sources.read else None
    try:
        peek: Peek = card.peek()  # type: ignore[attr-defined]
        same = peek.fingerprint == task.fingerprint
    except TensorRagError:  # it is gone
        same = False
    if not same:
        raise SourceChanged(f"What {card.title} reads")
    return task.fingerprint


def _keeper(task: Task, store: Store) -> Keeper | None:
    """Keep how far it is where its result could be found again."""
    return Keeper(store.checkpoints, task.key, task.ticket, task.anew) if task.key else None


def _arguments(card: Card, task: Task, store: Store) -> tuple[list[Any], dict[int, str]]:
    """Load the inputs in the order of the ports; a port for many comes last, spread out.

    Beside them comes the digest of each, by the identity of the value.
    """
    arguments: list[Any] = []
    came: dict[int, str] = {}
    for port in card.inputs():
        digests = task.inputs.get(port.name, ())
        values = [store.load(digest) for digest in digests]
        came |= {id(value): digest for value, digest in zip(values, digests, strict=True)}
        values = [value.excerpt() for value in values] if task.rehearsal else values
        for value in values:
            if not isinstance(value, port.type):
                raise InputError(
                    f"{port.name} takes a {port.type.__name__}, "
                    f"but a {type(value).__name__} arrived.",
                    port=port.name,
                    hint="Wire it to an output of that type.",
                )
        if port.many:
            arguments.extend(values)
        elif values:
            arguments.append(values[0])
        elif port.optional:
            arguments.append(None)
        else:
            raise InputError(
                f"Nothing arrived at {port.name}.",
                port=port.name,
                hint="Wire it to an output of a card that runs.",
            )
    return arguments, came


def _outputs(card: Card, made: Any) -> tuple[Value, ...]:
    """Hold what ``run`` returned against what the card says comes out."""
    ports = card.outputs()
    if not isinstance(made, tuple) or len(made) != len(ports):
        raise CardError(
            f"{card.title} returned {type(made).__name__} where Out was promised.",
            hint="Return self.Out(…) with one value per output.",
        )
    for port, value in zip(ports, made, strict=True):
        if not isinstance(value, port.type):
            raise CardError(
                f"{card.title} returned {type(value).__name__} for {port.name}, "
                f"where {port.type.__name__} was promised.",
                hint="Mend the card: run must return what its class Out promises.",
            )
    return made


def _all_stored(
    store: Store, card: Card, outputs: tuple[Value, ...], known: Mapping[int, str]
) -> JsonObject:
    """Store what was made, but for what came as it is; says of each output what it is, by port."""
    looks = len(outputs) == 1 and not hasattr(card, "peek")  # of others it is known from before
    return {
        port.name: _stored(store, value, known.get(id(value)), looks=looks)
        for port, value in zip(card.outputs(), outputs, strict=True)
    }


def _stored(store: Store, value: Value, known: str | None, *, looks: bool) -> JsonObject:
    schema = with_seen(value) if looks and isinstance(value, Table) else value.schema
    return {
        "type": type(value).__name__,
        "sha256": known or store.put(value).digest,
        "schema": schema.model_dump(mode="json"),
        "value": value.to_json(),
    }


def _device(outputs: tuple[Value, ...]) -> str:
    """Tell the device: of a model that was trained, or because this process has used a GPU."""
    reports = (getattr(value, "report", None) for value in outputs)
    told = next((report.device for report in reports if report is not None), None)
    return told or ("cuda" if _has_used_cuda() else "cpu")


def _has_used_cuda() -> bool:
    """Whether torch, where a card has loaded it, has touched a GPU."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_initialized())
