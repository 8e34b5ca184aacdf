"""What the documents show works, and what they list is true."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from tensorrag.check import check
from tensorrag.perform import perform
from tensorrag.pipeline.as_json import from_json
from tensorrag.pipeline.files import load
from tensorrag.registry.finding import Registry
from tensorrag.store.artifacts import Store
from tensorrag.store.place import Place
from tensorrag.task import Task
from tensorrag.types import Table

ROOT = Path(__file__).parent.parent


def python_in(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_card_of_the_guide_works_as_a_drop_in(tmp_path: Path) -> None:
    (tmp_path / "clip_outliers.py").write_text(python_in("docs/writing-a-card.md")[0])
    registry = Registry.load(tmp_path)
    nodes = [
        {"id": "load", "card": "data_load"},
        {"id": "clip", "card": "clip_outliers", "params": {"columns": ["CRIM"], "share": 0.1}},
    ]
    edges = [
        {"source": "load", "source_port": "dataset", "target": "clip", "target_port": "dataset"}
    ]

    checked = check(from_json({"nodes": nodes, "edges": edges})[0], registry)

    assert registry.notices == []
    assert checked.problems == ()
    place = Place(store=tmp_path / "store", uploads=tmp_path, base=tmp_path)
    digest = ""
    for node_id in ("load", "clip"):
        facts = checked.nodes[node_id]
        task = Task(
            kind="run",
            card=facts.card,
            entry=facts.entry,
            source=facts.source,
            params=facts.params,
            inputs={"dataset": (digest,)} if digest else {},
        )
        digest = perform(task, place)["outputs"]["dataset"]["sha256"]
    clipped = Store(place.store).load(digest)
    assert isinstance(clipped, Table)
    crim = clipped.to_pandas()["CRIM"]
    assert (crim == crim.max()).mean() >= 0.1


def test_the_card_of_the_guide_can_be_tried_without_the_editor(tmp_path: Path) -> None:
    card, *_, alone = (code for code in python_in("docs/writing-a-card.md") if "import" in code)
    (tmp_path / "clip_outliers.py").write_text(card)
    (tmp_path / "alone.py").write_text(alone)

    ran = subprocess.run(
        [sys.executable, "alone.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert ran.stdout.split() == ["price", "0", "1.75", "1", "2.00", "2", "3.00", "3", "252.25"]


def test_the_example_of_contributing_is_a_card(tmp_path: Path) -> None:
    (tmp_path / "first_rows.py").write_text(python_in("CONTRIBUTING.md")[0])

    registry = Registry.load(tmp_path)

    assert registry.notices == []
    assert registry.get("first_rows").info.params["properties"]["rows"]["minimum"] == 1


def test_the_list_of_cards_is_up_to_date() -> None:
    describe_cards = _module(ROOT / "scripts" / "describe_cards.py")

    written = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")

    assert written == describe_cards.page(), "run: python scripts/describe_cards.py"


def test_every_card_has_an_example_and_all_are_one_pipeline_without_problems() -> None:
    file = load(ROOT / "docs" / "every-card.json")
    raw = json.loads((ROOT / "docs" / "every-card.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")
    registry = Registry.load()
    cards = {name for name, card in registry.found.items() if card.info.entry.startswith("cards.")}

    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]

    assert (file.warnings, check(file.pipeline, registry).problems) == ((), ())
    assert sorted(node["card"] for example in examples for node in example["nodes"]) == sorted(
        cards
    )
    for example in examples:
        (node,) = example["nodes"]
        assert node in raw["nodes"]
        assert example["edges"] == [edge for edge in raw["edges"] if edge["target"] == node["id"]]


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_schema_of_the_file_format_is_json() -> None:
    schema = json.loads((ROOT / "docs" / "pipeline.schema.json").read_text(encoding="utf-8"))

    assert schema["properties"]["format"]["const"] == "tensorrag.pipeline"


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
