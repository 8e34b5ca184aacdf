"""Does a task, in the process where this is called: a worker's, or a card host's.

What it makes is put into the store of the task's place; only JSON comes back.
"""

from __future__ import annotations

from tensorrag.answering import predictions
from tensorrag.card_run import run_card
from tensorrag.csv_part import csv_part
from tensorrag.errors import CardError, ErrorInfo, ParameterError, TensorRagError
from tensorrag.folders import Folders
from tensorrag.host import answer
from tensorrag.leaving import File
from tensorrag.leaving.bundle import Opener, bundled
from tensorrag.leaving.verifying import tried
from tensorrag.pages import page
from tensorrag.peek import Peek
from tensorrag.plain import JsonObject
from tensorrag.preview import TablePreview
from tensorrag.registry.draft import read_draft
from tensorrag.registry.loading import load_card, make_card
from tensorrag.script import Reads
from tensorrag.sources import Sources, looking_in
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.types import Table
from tensorrag.types.value import Value


def perform(task: Task, place: Place, *, later: bool = False) -> JsonObject:
    """Do a task here, in this process.

    Args:
        task: what is to be done.
        place: the folders that it works with.
        later: whether large tables may be drawn when somebody looks, see `run_card`.

    Returns:
        For ``run``: what `run_card` returns. For ``peek``: a Peek. For ``page``:
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
            return run_card(task, Store(place.store), sources, later=later)
        if task.kind == "peek":
            return _peek(task)
        if task.kind == "page":
            look = csv_part if task.params.get("csv") else page
            return look(task, Store(place.store))
        if task.kind == "profile":
            return _drawn(_only_input(task, Store(place.store)), **task.params)
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


def _drawn(value: Value, last_first: int = 0) -> JsonObject:
    """Draw what stood as a `LaterPreview` until now, or what was not drawn before."""
    preview = value.preview()
    if isinstance(preview, TablePreview):
        preview = preview.with_last_first(last_first)
    return preview.model_dump(mode="json")


def _only_input(task: Task, store: Store) -> Value:
    digests = [digest for some in task.inputs.values() for digest in some]
    return store.load(digests[0])
