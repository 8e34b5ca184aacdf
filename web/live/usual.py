"""How cards are usually wired: as the sample pipelines wire them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping

from sample_data.pipeline_files import sample_pipelines


def _counted() -> Mapping[str, Mapping[str, int]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sample in sample_pipelines().values():
        content = json.loads(sample.path.read_text(encoding="utf-8"))
        cards = {node["id"]: node["card"] for node in content["nodes"]}
        for edge in content["edges"]:
            source, target = cards[edge["source"]], cards[edge["target"]]
            found[target][f"{source}.{edge['source_port']}"] += 1
            found[source][f"{target}.{edge['target_port']}"] += 1
    return found


USUAL = _counted()
"""By card: how often it hangs on each port of another card, ``data_load.dataset``. Read once, when
the server begins: a few small files."""
