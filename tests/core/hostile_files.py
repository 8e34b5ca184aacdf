"""Files that are refused as a whole, and how the smallest good one looks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tensorrag.pipeline import files

LOAD = {
    "id": "load",
    "card": "data_load",
    "params": {"source": "sample"},
    "position": {"x": 0, "y": 80},
}


def content(**changes: Any) -> dict[str, Any]:
    head = {"format": "tensorrag.pipeline", "version": 1, "name": "N", "description": "D"}
    return {**head, "nodes": [LOAD], "edges": [], **changes}


def text(**changes: Any) -> str:
    return json.dumps(content(**changes))


def wire(source: str, target: str, port: str = "dataset") -> dict[str, str]:
    return dict(source=source, source_port="dataset", target=target, target_port=port)


HOSTILE: dict[str, Callable[[], str | bytes]] = {
    "empty": lambda: "",
    "blank": lambda: " \n",
    "html": lambda: "<html>404</html>",
    "cut": lambda: text()[:40],
    "trailing comma": lambda: text().replace("[]", "[],"),
    "two texts": lambda: text() + text(),
    "png": lambda: b"\x89PNG\r\n\x1a\n\x00\x00",
    "pickle": lambda: b"\x80\x04\x95\x10\x00\x00\x00",
    "utf-16": lambda: text().encode("utf-16"),
    "latin-1": lambda: text(name="ü").replace("\\u00fc", "ü").encode("latin-1"),
    "nul": lambda: text().replace("N", "\x00"),
    "nan": lambda: text(x=float("nan")),
    "infinity": lambda: text(x=float("inf")),
    "minus infinity": lambda: text(x=-float("inf")),
    "1e999": lambda: text().replace("80", "1e999"),
    "-1e999": lambda: text().replace("80", "-1e999"),
    "5,000 digits": lambda: text().replace("80", "9" * 5000),
    "duplicate key": lambda: text().replace('"name"', '"version"'),
    "duplicate key, inside": lambda: text().replace('"x"', '"y"'),
    "duplicate key, escaped": lambda: text().replace('"x": 0', '"x": 0, "\\u0078": 1'),
    "lone surrogate": lambda: text().replace('"N"', '"\\ud800"'),
    "lone surrogate in a key": lambda: text().replace('"x"', '"\\udfff"'),
    "lone surrogate, raw": lambda: text(name="?").replace("?", "\ud800"),
    "lone surrogate, utf-8": lambda: text(name="?").encode().replace(b"?", b"\xed\xa0\x80"),
    "65 deep": lambda: text(x=0).replace('"x": 0}', '"x": ' + "[" * 64 + "]" * 64 + "}"),
    "100,000 deep": lambda: "[" * 100_000,
    "100,000 deep, closed": lambda: "[" * 100_000 + "]" * 100_000,
    "100,000 deep, objects": lambda: '{"a":' * 100_000,
    "8 MB and a byte": lambda: text().ljust(files.MAX_BYTES + 1),
    "5,001 cards": lambda: text(nodes=[{**LOAD, "id": f"n{i}"} for i in range(5001)]),
    "1 M cards": lambda: text(nodes=[1] * 1_000_000),
    "20,001 wires": lambda: text(edges=[wire("a", "b")] * 20_001),
    "a list": lambda: "[]",
    "a number": lambda: "5",
    "null": lambda: "null",
    "another format": lambda: text(format="comfyui"),
    "no format": lambda: "{}",
    "format a list": lambda: text(format=["tensorrag.pipeline"]),
    "newer": lambda: text(version=2),
    "much newer": lambda: text(version=10**30),
    "version 0": lambda: text(version=0),
    "version -1": lambda: text(version=-1),
    "version text": lambda: text(version="1"),
    "version true": lambda: text(version=True),
    "version 1.5": lambda: text(version=1.5),
    "no version": lambda: '{"format": "tensorrag.pipeline"}',
    "cards an object": lambda: text(nodes={}),
    "cards null": lambda: text(nodes=None),
    "wires text": lambda: text(edges="a-b"),
}
"""By what is wrong with it."""
