"""How a pipeline came to be: every state that its edit log remembers, and those with a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tensorrag.catalog import Catalog
from tensorrag.edit.records import Replay
from tensorrag.edit.words import changes, summary
from tensorrag.errors import FileFormatError, PipelineError
from tensorrag.pipeline import JsonObject, Pipeline
from tensorrag.pipeline.as_json import VERSION, from_json, to_json
from tensorrag.quoting import quoted, readable

MOST_NAMED = 200
"""Named versions that a pipeline may have."""
LONGEST_NAME = 200

_SAID = {"Change outside": "Changed by another program", "Replace over HTTP": "Replaced over HTTP"}


@dataclass(frozen=True, slots=True)
class Version:
    """A pipeline as it once was."""

    revision: int
    made: float
    """When, in seconds since 1970."""
    pipeline: Pipeline
    said: str
    """What was changed, in words."""
    name: str = ""
    """What somebody called it; those with a name are kept for good."""
    results: frozenset[str] = frozenset()
    """Digests of what its cards have made, where it has a name: that stays in the store, too."""


def history(
    records: Iterable[JsonObject], named: Iterable[Version], catalog: Catalog
) -> list[Version]:
    """Return what an edit log remembers and what has a name, the latest first.

    A log that is damaged counts up to there.
    """
    versions = {version.revision: version for version in _logged(records, catalog)}
    for version in named:
        known = versions.get(version.revision)
        if known is not None:
            version = replace(known, name=version.name, results=version.results)
        versions[version.revision] = version
    return sorted(versions.values(), key=lambda version: -version.revision)


def _logged(records: Iterable[JsonObject], catalog: Catalog) -> list[Version]:
    replay, found, before = Replay(), list[Version](), None
    for record in records:
        came_from, was = replay.pipeline, replay.steps.copy()
        if not replay.take_all([record]):
            break
        kind, now = record["is"], replay.pipeline
        if kind == "written" or now is None:
            continue
        if kind == "merge" and found:
            found.pop()
            if len(replay.steps.done) < len(was.done):
                continue  # what was typed was taken back at once
        else:
            before = came_from
        label = str(record.get("label", ""))
        if kind in ("undo", "redo"):
            step = was.done[-1] if kind == "undo" else was.undone[-1]
            said = f"{'Undid' if kind == 'undo' else 'Redid'}: {step.label}"
        elif before is None or kind == "state":
            said = "As it was here first"
        else:
            said = _said(before, now, label, catalog)
        revision = int(record.get("of") or record["revision"])
        found.append(Version(revision, float(record.get("time", 0)), now, said))
    return found


def _said(before: Pipeline, after: Pipeline, label: str, catalog: Catalog) -> str:
    if label in _SAID:
        return _SAID[label]
    if label.startswith("Bring back"):
        return f"Brought back{label.removeprefix('Bring back')}"
    return summary(changes(before, after, catalog)) or label


# --- those with a name ----------------------------------------------------------------------


def named_record(version: Version) -> JsonObject:
    """Return what remembers a named version."""
    return {
        "is": "version",
        "revision": version.revision,
        "time": version.made,
        "said": version.said,
        "name": version.name,
        "pipeline": to_json(version.pipeline),
        "results": sorted(version.results),
    }


def named_versions(records: Iterable[JsonObject]) -> list[Version]:
    """Read named versions; what is none is passed over."""
    found = []
    for record in records:
        try:
            if record["pipeline"]["version"] > VERSION:
                continue
            pipeline = from_json(record["pipeline"])[0]
            revision, made = int(record["revision"]), float(record["time"])
            said, name = str(record["said"]), str(record["name"])
            results = frozenset(map(str, record.get("results", ())))
            found.append(Version(revision, made, pipeline, said, name, results))
        except (FileFormatError, LookupError, TypeError, ValueError):
            continue
    return found


def with_name(named: Iterable[Version], version: Version, name: str) -> list[Version]:
    """Return the named versions with this one called so; an empty name takes it from them.

    Raises:
        PipelineError: there are too many, or the name is too long, or cannot be read.
    """
    name = " ".join(name.split())
    if readable(name) != name:
        raise PipelineError(
            f"{quoted(name)} has a character that nobody can read.", hint="Type the name anew."
        )
    if len(name) > LONGEST_NAME:
        raise PipelineError(
            f"A version's name may have {LONGEST_NAME} letters at most.",
            hint="Choose a shorter name.",
        )
    others = [each for each in named if each.revision != version.revision]
    if name and len(others) >= MOST_NAMED:
        raise PipelineError(
            f"This pipeline has {MOST_NAMED} named versions already.",
            hint="Take the name from one that is not needed any more.",
        )
    return [*others, replace(version, name=name)] if name else others
