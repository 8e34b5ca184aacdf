"""What is known of each sample without opening its data: names, kinds, units, rows, digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

Kind = Literal["number", "integer", "binary", "category", "text", "date"]
Task = Literal["regression", "binary", "multiclass"]

DATA = Path(__file__).parent / "data"
CATALOGUE = DATA / "catalogue.json"


@dataclass(frozen=True, slots=True)
class SampleColumn:
    """One column: its name, its kind, its unit (None: has none) and what it means."""

    name: str
    kind: Kind
    unit: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A data set that comes along: where it lies, what is in it, and where it is from.

    `path` is a CSV or Parquet file (told by its suffix) and `sha256` the digest of its bytes.
    `synthetic` data was drawn at random and says nothing about the world.
    """

    name: str
    title: str
    summary: str
    synthetic: bool
    rows: int
    columns: tuple[SampleColumn, ...]
    target: str
    task: Task
    path: Path
    sha256: str
    source: str
    licence: str


def read_catalogue(file: Path = CATALOGUE) -> Mapping[str, Sample]:
    """Read the samples that `make.py` described, by name, in the order of the file."""
    if not file.exists():  # only while make.py writes it for the first time
        return {}
    entries = json.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({entry["name"]: _sample(entry, file.parent) for entry in entries})


def _sample(entry: dict[str, Any], folder: Path) -> Sample:
    facts = dict(entry)
    columns = tuple(SampleColumn(**column) for column in facts.pop("columns"))
    return Sample(path=folder / facts.pop("file"), columns=columns, **facts)
