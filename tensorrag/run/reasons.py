"""Why a card runs, in a few words: what is different from when it last ran.

What a result was made of is kept as ``{"card", "version", "source", "params", "libraries",
"fingerprint", "inputs": {port: [[node, port, digest]]}, "key", "state"}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tensorrag.plain import JsonObject

FIRST_RUN = "first run"
EVERY_TIME = "runs every time"
ASKED = "asked to run again"
UNREAD = "its source may have changed"
GONE = "its result is no longer stored"

_ENDED = {"failed": "failed before", "cancelled": "was cancelled", "running": "interrupted"}


def change(before: JsonObject | None, now: JsonObject) -> str | None:
    """Say what is different; None where nothing is, as far as is known."""
    if before is None or before["card"] != now["card"]:
        return FIRST_RUN
    return (
        _changed_parameters(before["params"], now["params"])
        or _changed_card(before, now)
        or _changed_input(before["inputs"], now["inputs"])
        or _renamed(before.get("titles", {}), now.get("titles", {}))
    )


def again(before: JsonObject | None, now: JsonObject) -> str:
    """Say why a card runs again although nothing is different."""
    if now["key"] is None:
        return UNREAD
    return _ENDED.get((before or {}).get("state", ""), GONE)


def _changed_parameters(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    names = [name for name in now if name not in before or before[name] != now[name]]
    if not names:
        return None
    files = {f"{name}_name" for name in names if _is_digest(now[name])}
    told = [name for name in names if name not in files]
    first = told[0]
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return f"{first} {_difference(first, before, now)}{more}"


def _difference(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Say how a parameter changed; an upload by what its file is called, not by its digest."""
    of = f"{name}_name"
    if _is_digest(now[name]) and now.get(of):
        if before.get(of) == now[of]:
            return f"{_short(now[of])}, with other content"
        name = of
    old = f"{_short(before[name])} → " if name in before else ""
    return f"{old}{_short(now[name])}"


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("sha256:")


def _changed_card(before: JsonObject, now: JsonObject) -> str | None:
    if (before["version"], before["source"]) != (now["version"], now["source"]):
        return "the card was updated"
    for name, version in now["libraries"].items():
        if before["libraries"].get(name) != version:
            return f"{name} {before['libraries'].get(name)} → {version}"
    if None not in (before["fingerprint"], now["fingerprint"]):
        return "its data changed" if before["fingerprint"] != now["fingerprint"] else None
    return None


def _changed_input(before: JsonObject, now: JsonObject) -> str | None:
    for port, arriving in now.items():
        known = before.get(port, [])
        rewired = [end[:2] for end in arriving] != [end[:2] for end in known]
        digests = [(old[2], new[2]) for old, new in zip(known, arriving, strict=False)]
        if rewired or any(None not in pair and pair[0] != pair[1] for pair in digests):
            return f"input {port} changed"
    return None


def _renamed(before: JsonObject, now: JsonObject) -> str | None:
    old = {port: list(names) for port, names in before.items()}
    new = {port: list(names) for port, names in now.items()}
    return "a card before it was renamed" if old != new else None


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text or "nothing"
    return text if len(text) <= 40 else text[:39] + "…"
