"""Pipeline files as a stranger could make them, to be opened and never to be followed."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tensorrag.plain import JsonObject

MARK = "canary"
"""What every path, host and module has in its name that nobody may touch."""

NAMES = {
    "html": "<img src=x onerror=window.hacked=1>",
    "script": "</script><script>window.hacked=1</script>",
    "template": "{{7*7}} ${7*7} {{constructor.constructor('window.hacked=1')()}}",
    "quotes": '"\' onmouseover="window.hacked=1" x=\'',
    "right to left": "\u202eevil.exe\u202c price",
    "zero width": "pri\u200bce\u200d\ufeff",
    "long": "MEDV" * 49,
    "format": "%s %n {0.__class__} %(x)s",
    "vue": ":key='window.hacked=1' v-html=\"'<b>x'\"",
    "markdown": "[x](javascript:window.hacked=1) ![x](x) `x`",
}
"""Names that are something else to those who do not treat them as text."""


@dataclass
class Canaries:
    """Files, pipes and an address that tell when somebody has touched them."""

    folder: Path
    touched: list[str] = field(default_factory=list)
    """Who came to the address."""

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.table = self.folder / f"{MARK}.csv"
        self.table.write_text("a,b\n1,2\n3,4\n")
        self.pipe = self.folder / f"{MARK}.pipe"
        os.mkfifo(self.pipe)
        self.link = self.folder / f"{MARK}-link.csv"
        self.link.symlink_to(self.table)
        self.wrote = self.folder / f"{MARK}-wrote"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def card_source(self) -> str:
        """A card that does harm as soon as it is imported."""
        return (
            f"open({str(self.wrote)!r}, 'a').write('imported')\n"
            "from typing import NamedTuple\n"
            "from tensorrag import Card, Table\n\n\n"
            "class Canary(Card):\n"
            '    """Sing."""\n\n'
            "    loud: int = 1\n"
            '    """How loud."""\n\n'
            "    class Out(NamedTuple):\n"
            "        dataset: Table\n\n"
            "    def run(self, dataset: Table) -> Out:\n"
            "        return self.Out(dataset)\n\n"
            "    def propagate(self, dataset):\n"
            "        return dataset\n"
        )

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, who = self._listener.accept()
            except OSError:
                return
            self.touched.append(str(who))
            connection.close()


_HERE = {"x": 40, "y": 40}


def node(node_id: str, card: str, params: JsonObject | None = None, **more: Any) -> JsonObject:
    """A node as it stands in a file."""
    return {"id": node_id, "card": card, "params": params or {}, "position": _HERE, **more}


def file(*nodes: JsonObject, **more: Any) -> JsonObject:
    """The content of a pipeline file."""
    head = {"format": "tensorrag.pipeline", "version": 1, "name": "A stranger's"}
    return {**head, "nodes": list(nodes), "edges": [], **more}


def along(source: str, sha256: str | None = None) -> JsonObject:
    """Source as it comes along with a pipeline."""
    return {"source": source, "sha256": sha256 or hashlib.sha256(source.encode()).hexdigest()}


def hostile_pipelines(canaries: Canaries) -> dict[str, JsonObject]:
    """Return pipelines by what is hostile in them; all of them open."""
    return {
        **_paths(canaries),
        **_cards(canaries),
        **_names(),
        **_uploads(canaries),
    }


def _paths(canaries: Canaries) -> dict[str, JsonObject]:
    table, port = canaries.table, canaries.port
    paths = {
        "path": str(table),
        "pipe": str(canaries.pipe),
        "link": str(canaries.link),
        "folder": str(canaries.folder),
        "dots": f"{table.parent}/x/../{table.name}",
        "file url": f"file://{table}",
        "http": f"http://127.0.0.1:{port}/{MARK}.csv",
        "https": f"https://127.0.0.1:{port}/{MARK}.csv",
        "cached http": f"simplecache::http://127.0.0.1:{port}/{MARK}.csv",
        "s3": f"s3://{MARK}/{MARK}.csv",
        "unc": f"\\\\127.0.0.1@{port}\\{MARK}\\x.csv",
        "unc, slashes": f"//127.0.0.1/{MARK}/x.csv",
        "environment": "/proc/self/environ",
        "keys": "~/.modal.toml",
        "device": "/dev/zero",
        "inside a zip": f"zip://{table}",
        "shell": f"$(touch {canaries.wrote})",
        "pipe to a shell": f"| touch {canaries.wrote}",
        "nul": f"{table}\0.csv",
        "vast": f"{table.parent}/" + MARK * 5000,
    }
    loads = {
        f"path: {name}": file(node("load", "data_load", {"source": "path", "path": path}))
        for name, path in paths.items()
    }
    urls = {
        "here": f"https://127.0.0.1:{port}/{MARK}.csv",
        "here, by name": f"https://localhost:{port}/{MARK}.csv",
        "keys of a cloud": "https://169.254.169.254/latest/meta-data/",
        "a host that nobody has": f"https://{MARK}.invalid/x.csv",
    }
    loads |= {
        f"url: {name}": file(node("load", "data_load", {"source": "url", "url": url}))
        for name, url in urls.items()
    }
    beside = node("load", "data_load", {"source": "path", "path": str(table), "sample_name": "x"})
    return {
        **loads,
        "path: one that is not used": file(
            node("load", "data_load", {"source": "sample", "path": str(table)})
        ),
        "path: in a bypassed card": file({**beside, "enabled": False}),
        "path: in the metadata": file(metadata={"path": str(table), "import": MARK}),
        "path: in a subgraph": file(subgraphs={"s": {"nodes": [beside], "edges": []}}),
    }


def _cards(canaries: Canaries) -> dict[str, JsonObject]:
    source = canaries.card_source
    wires = [
        {"source": "load", "source_port": "dataset", "target": "bird", "target_port": "dataset"}
    ]
    load = node("load", "data_load")
    ids = (
        "os.system", f"{MARK}_module", f"{MARK}_module:Card", f"{MARK}_pack/card",
        "cards.data_load", "__import__", "__init__", "../../canary", "builtins:eval",
        "tensorrag_drop_in_canary_0", "importlib.import_module", "", "{{7*7}}",
        "data_load\0", "DATA_LOAD", "sys/modules",
    )  # fmt: skip
    named = {f"card: {name}": file(node("a", name, {"command": "touch"})) for name in ids}
    came = {"canary": along(source)}
    return {
        **named,
        "source: of a card": file(load, node("bird", "canary"), edges=wires, cards=came),
        "source: of no card here": file(load, cards=came),
        "source: of a card that is here": file(load, cards={"data_load": along(source)}),
        "source: with another digest": file(
            node("bird", "canary"), cards={"canary": along(source, "0" * 64)}
        ),
        "source: without a digest": file(
            node("bird", "canary"), cards={"canary": {"source": source}}
        ),
        "source: as text": file(node("bird", "canary"), cards={"canary": source}),
        "source: trusted, it says": file(
            node("bird", "canary"), cards={"canary": {**along(source), "trusted": True}}
        ),
        "source: of a path": file(
            node("bird", "../../canary"), cards={"../../canary": along(source)}
        ),
        "source: of a pack": file(node("bird", "canary/canary"), cards={"canary/canary": came}),
        "source: a file": file(
            node("bird", "canary"), cards={"canary": {"path": str(canaries.table)}}
        ),
        "required: a pack": file(
            node("bird", f"{MARK}_pack/card"),
            requires=[f"{MARK}_pack", {"name": f"git+http://127.0.0.1:{canaries.port}/{MARK}"}],
        ),
    }


def _names() -> dict[str, JsonObject]:
    return {
        f"name: {name}": file(
            node(text[:60], "data_load", title=text, note=text, run_on=text),
            node("train", "train", {"target_column": text, text: text, "feature_columns": [text]}),
            node("odd", text, {text: {text: [text]}}),
            edges=[dict.fromkeys(("source", "source_port", "target", "target_port"), text)],
            name=text,
            description=text,
            annotations=[{"text": text}],
            results={"load": {"face": text}},
        )
        for name, text in NAMES.items()
    }


def _uploads(canaries: Canaries) -> dict[str, JsonObject]:
    uploads = {
        "a path": str(canaries.table),
        "a path after the scheme": f"sha256:../../{canaries.table}",
        "not there": "sha256:" + "0" * 64,
        "a list": [str(canaries.table)],
    }
    return {
        f"upload: {name}": file(
            node(
                "load",
                "data_load",
                {"source": "upload", "upload": upload, "upload_name": f"../{MARK}.csv"},
            )
        )
        for name, upload in uploads.items()
    }
