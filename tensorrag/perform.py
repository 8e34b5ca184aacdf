"""Does a task, in the process where this is called: a worker's, or a card host's.

What it makes is put into the store of the task's place; only JSON comes back.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tensorrag.allowance import allowing, default_memory
from tensorrag.answering import predictions
from tensorrag.card import Card, Peek
from tensorrag.checkpoint import Keeper, keeping
from tensorrag.costs import costing
from tensorrag.csv_part import csv_part
from tensorrag.errors import (
    CardError,
    ErrorInfo,
    InputError,
    ParameterError,
    RunCancelled,
    SourceChanged,
    TensorRagError,
)
from tensorrag.folders import Folders
from tensorrag.host import answer
from tensorrag.leaving import File
from tensorrag.leaving.bundle import Opener, bundled
from tensorrag.leaving.preparing import with_python
from tensorrag.leaving.verifying import tried
from tensorrag.pages import page
from tensorrag.params import parameter_errors
from tensorrag.plain import JsonObject
from tensorrag.preview import Face, Preview
from tensorrag.recipe import Learns, carried
from tensorrag.registry.draft import read_draft
from tensorrag.registry.loading import load_card
from tensorrag.script import Reads
from tensorrag.sources import Sources, looking_in
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.titles import titled
from tensorrag.types import Model, ModelSchema, Table, TableSchema
from tensorrag.types.looking import with_seen
from tensorrag.types.value import Value

_FACE: TypeAdapter[Face | None] = TypeAdapter(Face | None)
_PREVIEWS: TypeAdapter[dict[str, Preview]] = TypeAdapter(dict[str, Preview])


def perform(task: Task, place: Place) -> JsonObject:
    """Do a task here, in this process.

    Returns:
        For ``run``: ``{"outputs": {port: {"type", "sha256", "schema", "value"}}, "face",
        "previews", "device", "pid", "fingerprint"}``. For ``peek``: a Peek. For ``page``:
        ``{"columns", "rows", "total", "offset"}``, or what `csv_part` returns where ``csv`` is
        asked for. For ``profile``: a preview. For ``draft``: a Draft of ``source``. For
        ``predict``: what `predictions` returns. For ``script``: what was Written. For ``bundle``:
        what `bundled` returns, and for ``verify``, `tried`.

    Raises:
        TensorRagError: a deliberate one, or whatever the card raises.
    """
    folders = Folders(allowed=place.allowed, workspace=place.workspace)
    hosts = frozenset(place.hosts)
    sources = Sources(
        uploads=place.uploads,
        base=place.base,
        folders=folders,
        hosts=hosts,
        known=(task.stamp, task.fingerprint),
    )
    with looking_in(sources):
        if task.kind == "run":
            return _run(task, Store(place.store), sources)
        if task.kind == "peek":
            return _peek(task)
        if task.kind == "page":
            look = csv_part if task.params.get("csv") else page
            return look(task, Store(place.store))
        if task.kind == "profile":
            value = _only_input(task, Store(place.store))
            return value.preview().model_dump(mode="json")
        if task.kind == "predict":
            return predictions(task, Store(place.store))
        if task.kind == "draft":
            return read_draft(task.source or "", task.card or "card").model_dump(mode="json")
        if task.kind in ("describe", "propagate", "script"):
            return answer(task, place)
        if task.kind == "bundle":
            return bundled(task, _files(task))
        if task.kind == "verify":
            return tried(task, _files(task), _tables(task, Store(place.store)))
    raise CardError(
        f"Tasks of kind {task.kind!r} cannot be done here yet.",
        hint="Update TensorRag where the cards run.",
    )


def _files(task: Task) -> dict[str, Opener]:
    """Return what opens the files that a script reads, by name: the cards that have them do."""
    openers: dict[str, Opener] = {}
    for file in map(File.model_validate, task.params.get("files", ())):
        card = make_card(load_card(file.entry, file.source), file.params)
        if not isinstance(card, Reads):
            raise CardError(f"{card.title} has no file to give.", hint="Mend its script_file.")
        openers[file.name] = card.script_file
    return openers


def _tables(task: Task, store: Store) -> dict[str, Table]:
    """Return the tables that came out of the last run, by what its script calls them."""
    loaded = {label: store.load(digests[0]) for label, digests in task.inputs.items()}
    return {label: value for label, value in loaded.items() if isinstance(value, Table)}


def make_card(card: type[Card], params: Mapping[str, Any]) -> Card:
    """Make a card of its parameters; raises ParameterError with the first thing wrong."""
    try:
        return card(**params)
    except ValidationError as error:
        raise parameter_errors(error, card)[0] from error


def _run(task: Task, store: Store, sources: Sources) -> JsonObject:
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
    with ThreadPoolExecutor(1) as beside:  # it is drawn while it is written, hashed and flushed
        storing = beside.submit(copy_context().run, _all_stored, store, card, outputs, known)
        face, previews = _face(card, outputs), _previews(card, outputs)
    return {
        "outputs": storing.result(),
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


def _face(card: Card, outputs: tuple[Value, ...]) -> JsonObject | None:
    """Return what the card shows; what any card would show where its own choice fails."""
    try:
        return _as_face(card.face(outputs))
    except Exception as error:
        _tell(error)
    try:
        return _as_face(Card.face(card, outputs))
    except Exception as error:
        _tell(error)
    return None


def _previews(card: Card, outputs: tuple[Value, ...]) -> dict[str, JsonObject]:
    """Return what the inspector shows; of each output what can be shown where that fails."""
    try:
        return _as_previews(card.previews(outputs))
    except Exception as error:
        _tell(error)
    shown: dict[str, JsonObject] = {}
    for port, value in zip(card.outputs(), outputs, strict=True):
        try:
            shown |= _as_previews({port.name: value.preview()})
        except Exception as error:
            _tell(error)
    return shown


def _as_face(chosen: Any) -> JsonObject | None:
    face: JsonObject | None = _FACE.dump_python(_FACE.validate_python(chosen), mode="json")
    return face


def _as_previews(chosen: Any) -> dict[str, JsonObject]:
    checked = _PREVIEWS.validate_python(chosen)
    previews: dict[str, JsonObject] = _PREVIEWS.dump_python(checked, mode="json")
    return previews


def _tell(error: Exception) -> None:
    """Write into the card's log why something cannot be shown: the result itself is good."""
    if isinstance(error, RunCancelled):
        raise error
    sys.stderr.write("The result is there, but showing it failed:\n")
    traceback.print_exception(error)


def _device(outputs: tuple[Value, ...]) -> str:
    """Tell the device: of a model that was trained, or because this process has used a GPU."""
    reports = (getattr(value, "report", None) for value in outputs)
    told = next((report.device for report in reports if report is not None), None)
    return told or ("cuda" if _has_used_cuda() else "cpu")


def _has_used_cuda() -> bool:
    """Whether torch, where a card has loaded it, has touched a GPU."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_initialized())


def _peek(task: Task) -> JsonObject:
    """Look at an outside source; what is wrong with it is part of the answer."""
    try:
        card = make_card(load_card(task.entry, task.source), task.params)
        peek: Peek = card.peek()  # type: ignore[attr-defined]
        if not isinstance(peek, Peek):
            raise CardError(
                f"{card.title} returned {type(peek).__name__} where a Peek was due.",
                hint="Mend the card: peek must return a Peek.",
            )
    except ParameterError as error:
        peek = Peek(error=ErrorInfo.of(error), field=error.field)
    except TensorRagError as error:
        peek = Peek(error=ErrorInfo.of(error))
    return peek.model_dump(mode="json")


def _only_input(task: Task, store: Store) -> Value:
    digests = [digest for some in task.inputs.values() for digest in some]
    return store.load(digests[0])
