"""How cards are usually wired: as the sample pipelines wire them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping

from sample_data.pipeline_files import sample_pipelines

_SELDOM = 8
"""What is wired to a port this many times more seldom than another card is one sample's own way."""


def _counted() -> Mapping[str, Mapping[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for port, cards in _at_ports().items():
        most = max(cards.values())
        for card, count in cards.items():
            if count * _SELDOM >= most:
                found[card][port] = count
    return found


def _at_ports() -> Mapping[str, Counter[str]]:
    """Count the cards at the other ends of the wires of each port, ``data_load.dataset``."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sample in sample_pipelines().values():
        content = json.loads(sample.path.read_text(encoding="utf-8"))
        cards = {node["id"]: node["card"] for node in content["nodes"]}
        for edge in content["edges"]:
            source, target = cards[edge["source"]], cards[edge["target"]]
            found[f"{source}.{edge['source_port']}"][target] += 1
            found[f"{target}.{edge['target_port']}"][source] += 1
    return found


USUAL = _counted()
"""By card: how often it hangs on each port of another card, ``data_load.dataset``. Read once, when
the server begins: a few small files."""
