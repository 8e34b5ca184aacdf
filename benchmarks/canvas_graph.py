"""A graph of many finished cards, as the canvas takes it."""

import random

from tensorrag.plain import JsonObject

SHAPE = 1440 / 900
"""Width of the whole graph by its height: that of the window it is looked at in."""
TYPES = {"Table": {"shape": "square", "light": "#0a7686", "dark": "#3fb6c6"}}
CARD_HEIGHT = 148
COLUMN = 232
ROW = 190


def faces() -> list[JsonObject]:
    """One result of each common kind."""
    chance = random.Random(1)
    bars = [[chance.random() for _ in range(6)] for _ in range(14)]
    losses = [0.1 + 0.5 / (1 + step) for step in range(50)]
    parts = [
        {"label": "Train", "share": 0.8, "rows": 40_000},
        {"label": "Test", "share": 0.2, "rows": 10_000},
    ]
    return [
        {"kind": "table", "rows": 50_000, "columns": 14, "bars": bars, "highlight": 13},
        {"kind": "split", "parts": parts},
        {"kind": "network", "layers": [13, 128, 64, 32, 1], "parameters": 12_161},
        {
            "kind": "curve",
            "values": losses,
            "validation": None,
            "left": {"label": "loss", "value": 0.11},
            "right": {"label": "R²", "value": 0.89},
        },
        {"kind": "score", "label": "R²", "value": 0.87, "baseline": 0.0, "best": 1.0},
    ]


def graph(count: int) -> JsonObject:
    """A grid of `count` finished cards, as the canvas takes it."""
    chance = random.Random(2)
    pictures = faces()
    rows = max(1, round((count * COLUMN / ROW / SHAPE) ** 0.5))
    nodes = [card(index, rows) for index in range(count)]
    wires = {}
    for index in range(count):
        for port, odds in (("left", 1.0), ("right", 0.5)):
            target = index + rows + (chance.choice([-1, 0, 1]) if port == "right" else 0)
            if index < target < count and chance.random() < odds:
                wire = edge(index, target, port)
                wires[wire["id"]] = wire
    runtime = {
        node["id"]: {"state": "done", "seconds": 0.6, "face": pictures[index % len(pictures)]}
        for index, node in enumerate(nodes)
    }
    return {
        "revision": 1,
        "types": TYPES,
        "nodes": nodes,
        "edges": list(wires.values()),
        "runtime": runtime,
        "fit": True,
    }


def card(index: int, rows: int) -> JsonObject:
    """One card of the grid."""
    column, row = divmod(index, rows)
    inputs = [
        {"name": name, "type": "Table", "accepts": ["Table"], "optional": False, "many": False}
        for name in ("left", "right")
    ]
    return {
        "id": f"n{index}",
        "card": "card",
        "title": f"Card {index}",
        "type": "Table",
        "summary": "shuffled · seed 42",
        "tag": None,
        "x": column * COLUMN,
        "y": row * ROW,
        "inputs": inputs,
        "outputs": [{"name": "out", "type": "Table"}],
        "problems": [],
        "placeholder": [],
        "enabled": True,
        "unknown": False,
    }


def edge(source: int, target: int, port: str) -> JsonObject:
    """A wire of the grid."""
    return {
        "id": f"n{source}.out-n{target}.{port}",
        "source": f"n{source}",
        "source_port": "out",
        "target": f"n{target}",
        "target_port": port,
        "type": "Table",
        "problem": None,
    }
