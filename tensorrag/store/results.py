"""What cards made before: results by cache key, and what was seen at outside sources."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError

from tensorrag.peek import Peek
from tensorrag.plain import JsonObject

if TYPE_CHECKING:
    from tensorrag.store.artifacts import Store
    from tensorrag.store.database import Database


@dataclass(frozen=True, slots=True)
class Result:
    """What one card made: the digests of its outputs, and all that is shown of them."""

    outputs: Mapping[str, str]
    """The digest of each output, by port."""
    summary: JsonObject
    """``{"outputs": {port: {"type", "sha256", "schema", "value"}}, "face": …, "made_by": …}``"""
    previews_json: str = "{}"
    """``{port: preview}`` as text: parsed only when somebody looks."""
    seconds: float = 0.0
    device: str | None = None
    executor: str | None = None
    created: float = field(default_factory=time.time)
    """Seconds since 1970."""

    @classmethod
    def of(
        cls, answer: JsonObject, *, seconds: float, executor: str, run: str = "", node: str = ""
    ) -> Self:
        """Take what an executor answered to a task of the kind ``run``, by a node of a run."""
        outputs: JsonObject = answer.get("outputs", {})
        return cls(
            outputs={port: output["sha256"] for port, output in outputs.items()},
            summary={
                "outputs": outputs,
                "face": answer.get("face"),
                "made_by": {"run": run, "node": node} if run else None,
            },
            previews_json=json.dumps(answer.get("previews", {}), ensure_ascii=False),
            seconds=seconds,
            device=answer.get("device"),
            executor=executor,
        )

    @property
    def made_by(self) -> JsonObject | None:
        """The run and the node that made it, ``{"run", "node"}``: what was printed is there."""
        return self.summary.get("made_by")

    @property
    def previews(self) -> JsonObject:
        """What the inspector shows, by port."""
        previews: JsonObject = json.loads(self.previews_json)
        return previews


class Results:
    """Results by cache key, in the store's database.

    A result is only ever claimed while everything it names lies in the store unharmed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> Result | None:
        """Return what is known under this key; None where it, or a file of it, is gone."""
        rows = self._store.index.read(
            "SELECT sha256, outputs, summary, previews, seconds, device, executor, created"
            " FROM results WHERE key = ?",
            (key,),
        )
        if not rows:
            return None
        result = _read(key, *rows[0])
        if result and all(self._store.holds(digest) for digest in result.outputs.values()):
            return result
        self._forget(key)
        return None

    def put(self, key: str, result: Result) -> None:
        """Record a result; once this returns, a crash cannot take it back.

        Raises:
            ArtifactNotFound: one of its outputs is not in the store.
        """
        stamps: dict[str, str] = {}
        for digest in result.outputs.values():
            stamps.update(self._store.stamps(self._store.get(digest)))
        with self._store.index.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                _row(key, result),
            )
            # They were written a moment ago: what stands there now is what was hashed.
            connection.executemany("INSERT OR REPLACE INTO stamps VALUES (?, ?)", stamps.items())
        self._store.checkpoints.forget(key)

    def touch(self, keys: Iterable[str]) -> None:
        """Note that these were of use just now; what is used least is removed first."""
        now = time.time()
        with self._store.index.write(durable=False) as connection:
            connection.executemany(
                "UPDATE results SET used = ? WHERE key = ?", [(now, key) for key in keys]
            )

    def _forget(self, key: str) -> None:
        with self._store.index.write(durable=False) as connection:
            connection.execute("DELETE FROM results WHERE key = ?", (key,))


class Peeks(Mapping[str, Peek]):
    """What was seen at outside sources, by peek key, so that opening a pipeline reads nothing."""

    def __init__(self, index: Database) -> None:
        self._index = index

    def __getitem__(self, key: str) -> Peek:
        rows = self._index.read("SELECT peek FROM peeks WHERE key = ?", (key,))
        if not rows:
            raise KeyError(key)
        try:
            return Peek.model_validate_json(rows[0][0])
        except ValidationError:  # damaged, or of another version: it is looked at again
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        return (key for (key,) in self._index.read("SELECT key FROM peeks"))

    def __len__(self) -> int:
        count: int = self._index.read("SELECT count(*) FROM peeks")[0][0]
        return count

    def put(self, key: str, peek: Peek) -> None:
        """Keep what was seen, in the place of what was seen before."""
        with self._index.write(durable=False) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO peeks VALUES (?, ?, ?)",
                (key, peek.model_dump_json(), time.time()),
            )


def _read(key: str, sha256: str | None, *content: Any) -> Result | None:
    """Read a row; None where it was damaged. Rows of older versions have no hash."""
    if sha256 and sha256 != _hash(key, *content):
        return None
    outputs, summary, *rest = content
    try:
        return Result(json.loads(outputs), json.loads(summary), *rest)
    except ValueError:
        return None


def _row(key: str, result: Result) -> tuple[Any, ...]:
    content = (
        json.dumps(dict(result.outputs)),
        json.dumps(result.summary, ensure_ascii=False, allow_nan=False),
        result.previews_json,
        result.seconds,
        result.device,
        result.executor,
        result.created,
    )
    return (key, *content, time.time(), _hash(key, *content))


def _hash(*content: Any) -> str:
    """Hash what a row says, but for when it was last of use."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
