"""The descriptions of all cards, kept from one start to the next.

Describing cards imports all of them, which takes longer than anything else that a listing or the
first page needs. So the catalog is kept in a file, with the size and time of every source file
that it was made from; one change, and it is made again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from tensorrag.plain import JsonObject
from tensorrag.registry.modules import python_files, source_file, source_folder

if TYPE_CHECKING:
    from tensorrag.catalog import Catalog

GROUPS = ("tensorrag.cards", "tensorrag.types")


def known_listing(drop_ins: Path) -> list[JsonObject] | None:
    """Return what ``tensorrag cards --json`` prints; None where it is not known or out of date.

    This imports no card, and no pydantic.
    """
    kept = _kept(drop_ins)
    return kept["listing"] if kept is not None else None


def known_notices(drop_ins: Path) -> list[JsonObject]:
    """Return why files of the folder gave no card, as far as the kept catalog tells."""
    kept = _kept(drop_ins)
    notices: list[JsonObject] = kept["catalog"]["notices"] if kept is not None else []
    return notices


def known_catalog(drop_ins: Path) -> Catalog | None:
    """Return the catalog; None where it is not known or out of date."""
    from pydantic import ValidationError

    from tensorrag.catalog import Catalog

    kept = _kept(drop_ins)
    with suppress(ValidationError):
        return Catalog.model_validate(kept["catalog"]) if kept is not None else None
    return None


def keep(drop_ins: Path, catalog: Catalog) -> None:
    """Remember a catalog that was made just now; where that cannot be done, nothing happens.

    Args:
        drop_ins: the folder of dropped-in cards.
        catalog: made from what is installed and from this folder.
    """
    made_from = _sources(drop_ins)
    if made_from is None:
        return
    content = {
        "made_from": made_from,
        "catalog": catalog.model_dump(mode="json"),
        "listing": [info.listing() for info in catalog.cards.values()],
    }
    from tensorrag.durable import write_file
    from tensorrag.errors import TensorRagError

    file = _file(drop_ins)
    with suppress(OSError, TensorRagError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, json.dumps(content, ensure_ascii=False).encode(), mode=0o600)


def _kept(drop_ins: Path) -> JsonObject | None:
    try:
        content = json.loads(_file(drop_ins).read_bytes())
    except (OSError, ValueError):
        return None
    fits = isinstance(content, dict) and content.get("made_from") == _sources(drop_ins)
    return content if fits else None


def _file(drop_ins: Path) -> Path:
    """Return where it is kept: in the workspace, one file for each environment of Python."""
    owner = hashlib.sha256(f"{sys.prefix}\n{sys.version}".encode()).hexdigest()
    return drop_ins.parent / "cache" / f"cards-{owner[:16]}.json"


def _sources(drop_ins: Path) -> str | None:
    """Say in one word what a catalog would be made from; None where that cannot be told."""
    points = [point for group in GROUPS for point in entry_points(group=group)]
    seen: list[object] = [(point.group, point.name, point.value) for point in points]
    for module in ("tensorrag", "sample_data", *(point.module for point in points)):
        folder, file = source_folder(module), source_file(module)
        if folder is None and file is None:
            return None
        seen += _seen(python_files(folder, deep=True) if folder is not None else [file])
    seen += _seen(python_files(drop_ins))
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def _seen(files: Iterable[Path | None]) -> list[object]:
    seen: list[object] = []
    for file in filter(None, files):
        with suppress(OSError):  # taken away in this moment
            stat = file.stat()
            seen.append((str(file), stat.st_size, stat.st_mtime_ns))
    return seen
