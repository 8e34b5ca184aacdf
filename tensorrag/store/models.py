"""The models that runs of this workspace have trained, and what people say of them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tensorrag.errors import (
    ArtifactDamaged,
    ArtifactError,
    ModelNotFound,
    PipelineError,
    WorkspaceError,
)
from tensorrag.plain import JsonObject
from tensorrag.quoting import quoted, visible
from tensorrag.store.model_notes import gather
from tensorrag.store.run_entry import timestamp

if TYPE_CHECKING:
    from tensorrag.store.artifacts import Store
    from tensorrag.store.database import Database

ID = 12
"""Letters of a model's id: the first of the digest that it is stored under."""
LONGEST = 120
"""Letters of a name that people give."""
COLUMNS = (
    "sha256, run, node, pipeline, pipeline_name, made, title, version, facts, measured, name,"
    " pinned, deleted"
)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One trained model."""

    sha256: str
    run: str
    node: str
    """What trained it."""
    pipeline: str | None
    pipeline_name: str
    made: float
    """Seconds since 1970."""
    title: str
    """What it is called where nobody calls it anything else."""
    version: int
    """Which one of this title in its pipeline it is, from 1."""
    facts: JsonObject
    """``{"schema", "value", "rows", "table", "columns", "seconds", "device", "cost",
    "reused"}`` of its run."""
    measured: JsonObject | None
    """``{"metrics", "rows", "run", "node", "card"}``: how it was last measured on other rows."""
    given: str | None
    """What people call it."""
    pinned: bool
    deleted: bool

    @property
    def id(self) -> str:
        """How it is called in addresses."""
        return self.sha256[:ID]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.given or self.title

    @property
    def reused(self) -> bool:
        """Whether its first run here did not train it, but had it from the store."""
        return bool(self.facts.get("reused"))

    @property
    def schema(self) -> JsonObject:
        """What it takes and gives."""
        schema: JsonObject = self.facts.get("schema") or {}
        return schema

    @property
    def columns(self) -> list[JsonObject]:
        """Name, kind and unit of each feature, as far as they are known."""
        known = {column["name"]: column for column in self.facts.get("columns") or ()}
        names = self.schema.get("features") or ()
        return [known.get(name) or {"name": name, "kind": None, "unit": None} for name in names]

    @property
    def asks(self) -> list[JsonObject]:
        """Name, kind and unit of each column that it is asked about: what it makes features of."""
        columns: list[JsonObject] | None = self.schema.get("asks")
        return self.columns if columns is None else columns

    @property
    def made_by(self) -> list[str]:
        """What was done with the train rows, and is with new ones, a title each."""
        recipe = self.schema.get("recipe") or {}
        return [step["title"] for step in recipe.get("steps") or ()]

    @property
    def metrics(self) -> JsonObject:
        """How good it is on rows that it has not seen, with the dummy's; empty if not measured."""
        return (self.measured or {}).get("metrics") or {}

    @property
    def measured_by(self) -> JsonObject | None:
        """The run, the node, and its card, where it was measured; of early ones no card.

        With ``folds``, others of its kind were, each on rows that it had not seen of those that
        this one has learnt from.
        """
        if self.measured is None:
            return None
        found = {name: self.measured.get(name) for name in ("run", "node", "card")}
        return {**found, "folds": bool(self.measured.get("folds"))}

    def to_json(self) -> JsonObject:
        """Return it as ``GET /api/models`` does, but for what its files tell."""
        schema, value = self.schema, self.facts.get("value") or {}
        origin = schema.get("provenance") or {}
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "pinned": self.pinned,
            "task": schema.get("task"),
            "target": schema.get("target"),
            "features": list(schema.get("features") or ()),
            "asks": self.asks,
            "made_by": self.made_by,
            "begins": (schema.get("recipe") or {}).get("begins") or None,
            "framework": schema.get("framework"),
            "kind": value.get("name"),
            "parameters": schema.get("parameters"),
            "metrics": {k: v for k, v in self.metrics.items() if k != "baseline"},
            "baseline": self.metrics.get("baseline") or {},
            "measured_rows": (self.measured or {}).get("rows"),
            "measured_by": self.measured_by,
            "train": value.get("train") or {},
            "data": {
                "source": origin.get("source"),
                "rows": self.facts.get("rows"),
                "synthetic": bool(origin.get("synthetic")),
            },
            "pipeline": self.pipeline,
            "pipeline_name": self.pipeline_name,
            "run": self.run,
            "node": self.node,
            "made": timestamp(self.made),
            "seconds": self.facts.get("seconds"),
            "device": self.facts.get("device"),
            "cost": self.facts.get("cost"),
            "sha256": self.sha256,
            "schema": schema,
        }


class Models:
    """The list of trained models, in the journal's file.

    Example:
        >>> models = Models(journal.database)
        >>> [model.name for model in models.all()]
        ['ridge · MEDV · Boston housing']
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._complete = False

    def all(self) -> list[ModelEntry]:
        """Return all models that are not deleted, latest first."""
        return self._read("WHERE deleted IS NULL ORDER BY number DESC")

    def find(self, called: str, *, deleted: bool = False) -> ModelEntry:
        """Return one by its id, by the first letters of its digest, or the latest of a name.

        Raises:
            ModelNotFound: there is none, or it was deleted and deleted ones are not asked for.
        """
        alive = "" if deleted else " AND deleted IS NULL"
        like = called.lower() if len(called) >= ID and called.isalnum() else "-"
        found = self._read(
            f"WHERE (substr(sha256, 1, length(?)) = ? OR coalesce(name, title) = ?){alive}"
            " ORDER BY coalesce(name, title) = ?, number DESC LIMIT 1",
            (like, like, called, called),
        )
        if not found:
            raise ModelNotFound(
                f"There is no model {quoted(called)} in this workspace.",
                hint="`tensorrag models` and the page Models list them.",
            )
        return found[0]

    def of(self, sha256: str) -> ModelEntry | None:
        """Return the model that is stored under a digest; None where it is not in the list."""
        found = self._read("WHERE sha256 = ? AND deleted IS NULL", (sha256,))
        return found[0] if found else None

    def costs(self, digests: Sequence[str]) -> tuple[float | None, ...]:
        """Return what was paid for training the model that is stored under each digest, in US$.

        0 where nothing was rented for it; None where it was not trained in this workspace.
        """
        return tuple(self._cost(sha256) for sha256 in digests)

    def _cost(self, sha256: str) -> float | None:
        found = self._read("WHERE sha256 = ?", (sha256,))
        cost = found[0].facts.get("cost") if found else None
        return 0.0 if found and cost is None and not found[0].reused else cost

    def pinned(self) -> set[str]:
        """Return the digests of the models that stay, however full the store is."""
        rows = self._database.read("SELECT sha256 FROM models WHERE pinned AND deleted IS NULL")
        return {sha256 for (sha256,) in rows}

    def rename(self, called: str, name: str) -> ModelEntry:
        """Call a model something else; an empty name gives it back what it was called first.

        Raises:
            ModelNotFound: there is none.
            PipelineError: the name is too long, or looks like another one.
        """
        given = " ".join(name.split())
        if visible(given) != given:
            raise PipelineError(
                "A model's name has no characters that nobody sees, or that turn the text around.",
                hint="Type it, instead of pasting it.",
            )
        if len(given) > LONGEST:
            raise PipelineError(
                f"A model's name has {LONGEST} letters at most; this has {len(given)}.",
                hint="Choose a shorter one.",
            )
        return self._change(self.find(called), "name = ?", given or None)

    def pin(self, called: str, *, pinned: bool) -> ModelEntry:
        """Keep a model however full the store gets, or no longer; raises ModelNotFound."""
        return self._change(self.find(called), "pinned = ?", int(pinned))

    def delete(self, called: str) -> ModelEntry:
        """Take a model out of the list: its file goes when the store needs room.

        Raises:
            ModelNotFound: there is none.
        """
        return self._change(self.find(called), "deleted = ?", time.time())

    def restore(self, called: str) -> ModelEntry:
        """Put a model back into the list as it was; raises ModelNotFound."""
        return self._change(self.find(called, deleted=True), "deleted = ?", None)

    def _change(self, model: ModelEntry, what: str, value: Any) -> ModelEntry:
        with self._database.write() as connection:
            connection.execute(
                f"UPDATE models SET {what} WHERE sha256 = ?",  # noqa: S608
                (value, model.sha256),
            )
        return self._read("WHERE sha256 = ?", (model.sha256,))[0]

    def _read(self, rest: str, values: tuple[Any, ...] = ()) -> list[ModelEntry]:
        if not self._complete:
            self._complete_once()
        rows = self._database.read(f"SELECT {COLUMNS} FROM models {rest}", values)  # noqa: S608
        return [_entry(row) for row in rows]

    def _complete_once(self) -> None:
        """Note the models of a journal from before models were noted."""
        self._complete = True
        if not self._database.read("SELECT 1 FROM models LIMIT 1"):
            with suppress(WorkspaceError), self._database.write(durable=False) as connection:
                gather(connection)


def stored(model: ModelEntry, store: Store) -> JsonObject:
    """Tell what lies in the store: bytes, and why it cannot be used where that is so.

    Reads files: for a thread.
    """
    try:
        artifact = store.get(model.sha256)
        store.verify(artifact)
        store.check_signature(artifact)
    except ArtifactError as error:
        state = "damaged" if isinstance(error, ArtifactDamaged) else "gone"
        return {"size": None, "state": state, "reason": f"{error.message} {error.hint}".strip()}
    return {"size": artifact.size, "state": "ready", "reason": None}


def _entry(row: tuple[Any, ...]) -> ModelEntry:
    known = dict(zip(COLUMNS.split(", "), row, strict=True))
    known["facts"] = json.loads(known["facts"])
    known["measured"] = json.loads(known["measured"]) if known["measured"] else None
    known["given"], known["pinned"] = known.pop("name"), bool(known["pinned"])
    return ModelEntry(**{**known, "deleted": known["deleted"] is not None})
