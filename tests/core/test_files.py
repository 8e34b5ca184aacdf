import json
import os
import socket
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

from tensorrag.errors import FileFormatError, TensorRagError, WorkspaceError
from tensorrag.pipeline import Edge, Node, Pipeline, Position, files, strict_json
from tensorrag.pipeline.as_json import VERSION
from tensorrag.pipeline.files import dumps, load, loads, save
from tensorrag.pipeline.json_schema import json_schema
from tensorrag.pipeline.keys import NODE_KEYS
from tests.core.hostile_files import HOSTILE, LOAD, content, text, wire
from tests.core.random_pipelines import random_pipeline

DOCS = Path(__file__).parents[2] / "docs"


def test_a_file_is_written_as_documented() -> None:
    pipeline = Pipeline("Boston", "A first one").with_nodes(
        Node("load", "data_load", {"source": "sample"}, Position(0, 80))
    )

    assert (
        dumps(pipeline)
        == """{
  "format": "tensorrag.pipeline",
  "version": 1,
  "name": "Boston",
  "description": "A first one",
  "nodes": [
    {
      "id": "load",
      "card": "data_load",
      "params": {
        "source": "sample"
      },
      "position": {
        "x": 0,
        "y": 80
      }
    }
  ],
  "edges": []
}
"""
    )


def test_keys_come_in_a_fixed_order_and_unknown_ones_last() -> None:
    shuffled = text(
        zeta=1, metadata={"a": 1}, requires=["pack"], nodes=[{"note": "n", "zeta": 2, **LOAD}]
    )

    written = json.loads(dumps(loads(shuffled).pipeline))

    head = ["format", "version", "name", "description", "nodes", "edges"]
    assert list(written) == [*head, "requires", "metadata", "zeta"]
    assert list(written["nodes"][0]) == ["id", "card", "params", "position", "note", "zeta"]


def test_moving_a_card_changes_only_its_lines() -> None:
    before = Pipeline().with_nodes(*(Node(f"n{i}", "train") for i in range(9)))
    after = before.with_nodes(replace(before.nodes["n4"], position=Position(7, 8)))

    old, new = dumps(before).splitlines(), dumps(after).splitlines()

    changed = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    assert changed == [
        ('        "x": 0,', '        "x": 7,'),
        ('        "y": 0', '        "y": 8'),
    ]


def test_random_pipelines_survive_the_file() -> None:
    for seed in range(400):
        drawn = random_pipeline(Random(seed))

        written = dumps(drawn)
        loaded = loads(written.encode())

        assert dumps(loaded.pipeline) == written
        assert list(loaded.pipeline.nodes) == list(drawn.nodes)
        assert loaded.pipeline.edges == drawn.edges
        assert loaded.pipeline.metadata == drawn.metadata


def test_sound_pipelines_fit_the_published_schema() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for seed in range(200):
        drawn = random_pipeline(Random(seed), odd=False)
        nodes = [replace(node, extra={}) for node in drawn.nodes.values()]
        validator.validate(json.loads(dumps(drawn.with_nodes(*nodes))))


def test_the_published_schema_is_the_one_of_the_code() -> None:
    published = json.loads((DOCS / "pipeline.schema.json").read_text(encoding="utf-8"))

    assert published == json_schema(), "run: python scripts/describe_pipeline_files.py"
    jsonschema.Draft202012Validator.check_schema(published)


@pytest.mark.parametrize("key", NODE_KEYS)
def test_the_schema_and_the_reader_agree_on_each_key(key: str) -> None:
    validator = jsonschema.Draft202012Validator(json_schema()["$defs"]["node"])
    values: list[Any] = [None, True, 0, 1, -1, 11, 2.5, "", "local", "T4", "x" * 300, [], {}]
    values += [
        {"gpu": 1},
        {"timeout": 0},
        {"cpus": 2},
        {"x": 1, "y": 2},
        {"x": 1},
        {"x": 2e6, "y": 0},
    ]
    for value in values:
        fits = validator.is_valid({"id": "a", "card": "b", key: value})
        try:
            NODE_KEYS[key].read(value)
        except ValueError:
            assert not fits, value
        else:
            assert fits, value


def test_what_is_unknown_is_kept_with_a_warning() -> None:
    edge = {"source": "a", "source_port": "b", "target": "c", "target_port": "d", "colour": 1}
    raw = content(nodes=[{**LOAD, "mood": [1]}], edges=[edge], results={"r2": 1})

    loaded = loads(json.dumps(raw))

    assert loaded.warnings == (
        'The pipeline: the key "results" is unknown; it is kept.',
        'Card "load": the key "mood" is unknown; it is kept.',
        'Wire 1: the key "colour" is unknown; it is kept.',
    )
    assert json.loads(dumps(loaded.pipeline)) == raw


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("params", 5),
        ("position", {"x": "0", "y": 0}),
        ("position", {"x": 1e300, "y": 0}),
        ("card_version", 0),
        ("title", 5),
        ("enabled", "yes"),
        ("run_on", "Not A Name"),
        ("resources", {"timeout": -1}),
        ("retries", 2.5),
        ("cache", None),
    ],
)
def test_a_value_of_no_use_is_kept_and_the_default_holds(key: str, value: Any) -> None:
    raw = content(nodes=[{**LOAD, key: value}])

    loaded = loads(json.dumps(raw))

    (warning,) = loaded.warnings
    assert warning.startswith(f'Card "load": "{key}" must be ')
    node = loaded.pipeline.nodes["load"]
    assert getattr(node, key) == getattr(Node("load", "data_load"), key)
    assert json.loads(dumps(loaded.pipeline)) == raw


def test_a_flood_of_warnings_is_cut() -> None:
    loaded = loads(text(nodes=[{**LOAD, "id": f"n{i}", "odd": i} for i in range(300)]))

    assert len(loaded.warnings) == 51
    assert loaded.warnings[-1] == "There are 250 more remarks like these."


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (5, "it is no object"),
        ({"card": "train"}, 'its "id" must be text'),
        ({"id": "a", "card": None}, 'its "card" must be text'),
        (LOAD, 'has the id "load" already'),
        ({"id": "", "card": "train"}, '"id" is empty'),
    ],
)
def test_an_entry_that_is_no_card_is_kept_aside(entry: Any, says: str) -> None:
    loaded = loads(text(nodes=[LOAD, entry]))

    (misfit,) = loaded.pipeline.misfits
    assert misfit.place == "nodes"
    assert says in misfit.message
    assert list(loaded.pipeline.nodes) == ["load"]
    assert json.loads(dumps(loaded.pipeline))["nodes"] == [LOAD, entry]


def test_a_card_given_twice_is_a_matter_of_the_first() -> None:
    (misfit,) = loads(text(nodes=[LOAD, LOAD])).pipeline.misfits

    assert misfit.node == "load"


def test_an_entry_that_is_no_wire_is_kept_aside() -> None:
    loaded = loads(text(edges=[{"source": "load"}, None]))

    assert [misfit.place for misfit in loaded.pipeline.misfits] == ["edges", "edges"]
    assert json.loads(dumps(loaded.pipeline))["edges"] == [{"source": "load"}, None]


@pytest.mark.parametrize("node_id", ["../x", "__proto__", "constructor", "a b", "x" * 5000])
def test_odd_ids_open(node_id: str) -> None:
    pipeline = loads(text(nodes=[{**LOAD, "id": node_id}])).pipeline

    assert pipeline.nodes[node_id].card == "data_load"


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes": [{"id": "a", "card": "os.system"}]},
        {"nodes": [{"id": "a", "card": "unknown/card", "params": {"no": 1}}]},
        {"edges": [wire("load", "gone"), wire("gone", "load")]},
        {"edges": [wire("load", "load")]},
        {"edges": [wire("load", "load"), wire("load", "load")]},
        {"nodes": [], "edges": []},
        {"settings": 5, "requires": {}, "annotations": "x", "subgraphs": [], "cards": 1},
        {"name": None, "description": ["x"], "metadata": None},
    ],
)
def test_what_is_wrong_with_the_graph_opens_and_stays(changes: dict[str, Any]) -> None:
    raw = content(**changes)

    written = json.loads(dumps(loads(json.dumps(raw)).pipeline))

    for key, value in changes.items():
        if key != "nodes":
            assert written[key] == value


def test_a_file_without_cards_is_an_empty_pipeline() -> None:
    assert loads('{"format": "tensorrag.pipeline", "version": 1}').pipeline == Pipeline()


def test_cards_without_a_place_are_laid_out() -> None:
    nodes = [{"id": name, "card": "train"} for name in "abcd"]
    edges = [wire("a", "c"), wire("b", "c"), wire("c", "d"), wire("gone", "a")]

    loaded = loads(text(nodes=[LOAD, *nodes], edges=edges)).pipeline

    places = {name: (node.position.x, node.position.y) for name, node in loaded.nodes.items()}
    assert places == {
        "load": (0, 80),
        "a": (20, 270),
        "b": (20, 460),
        "c": (252, 270),
        "d": (484, 270),
    }


def test_a_circle_without_places_opens() -> None:
    nodes = [{"id": name, "card": "train"} for name in "ab"]

    loaded = loads(text(nodes=nodes, edges=[wire("a", "b"), wire("b", "a")])).pipeline

    assert loaded.nodes["a"].position != loaded.nodes["b"].position


def test_a_byte_order_mark_is_passed_over() -> None:
    assert loads(b"\xef\xbb\xbf" + text().encode()).pipeline.name == "N"


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_with_one_sentence(hostile: Callable[[], str | bytes]) -> None:
    with pytest.raises(FileFormatError) as caught:
        loads(hostile())

    message = caught.value.message
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert "\n" not in message
    assert len(message) < 200


def test_64_levels_open() -> None:
    inner: Any = 0
    for _ in range(62):
        inner = [inner]

    assert loads(text(metadata={"x": inner})).warnings == ()


def test_200_megabytes_are_never_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(200 * 2**20)

    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match=r'"huge\.json": This is larger than 8 MB'):
            load(huge)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 3 * files.MAX_BYTES


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    fifo, plug = tmp_path / "fifo", tmp_path / "socket"
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(plug))
        for path in (tmp_path, fifo, plug, Path("/dev/zero"), tmp_path / "none", Path("a\0b")):
            with pytest.raises(FileFormatError) as caught:
                load(path)
            assert caught.value.message.endswith(".")


def test_a_fault_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"a": }')

    with pytest.raises(FileFormatError) as caught:
        load(path)
    assert str(caught.value) == (
        '"mine.json": This is not JSON: Expecting value (line 1, column 7).'
    )


def test_save_and_load(tmp_path: Path) -> None:
    drawn = random_pipeline(Random(7))

    save(drawn, tmp_path / "p.json")

    assert load(tmp_path / "p.json").pipeline.nodes == drawn.nodes
    assert [path.name for path in tmp_path.iterdir()] == ["p.json"]


def test_save_keeps_permissions_and_follows_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "p.json", tmp_path / "link.json"
    save(Pipeline("one"), path)
    path.chmod(0o640)
    link.symlink_to(path)

    save(Pipeline("two"), link)

    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert load(path).pipeline.name == "two"


def test_a_save_that_fails_says_why_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(Pipeline("old"), tmp_path / "p.json")

    with pytest.raises(WorkspaceError, match=r'"p\.json" was not saved: no such file or directory'):
        save(Pipeline(), tmp_path / "none" / "p.json")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="disk is full"):
        save(Pipeline("new"), tmp_path / "p.json")
    assert load(tmp_path / "p.json").pipeline.name == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_could_not_be_opened_again_is_not_written() -> None:
    with pytest.raises(FileFormatError, match="no JSON"):
        dumps(Pipeline(metadata={"x": float("nan")}))
    with pytest.raises(FileFormatError, match="no JSON"):
        dumps(Pipeline(metadata={"x": object()}))
    with pytest.raises(FileFormatError, match="larger than 8 MB"):
        dumps(Pipeline(metadata={"x": "a" * files.MAX_BYTES}))


def test_an_older_version_is_migrated_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.json"
    path.write_text(text(version=1, title="Old name"))
    monkeypatch.setattr(files, "VERSION", 2)
    renamed = {1: lambda raw: {**raw, "name": raw.pop("title")}}
    monkeypatch.setattr(files, "MIGRATIONS", renamed)

    loaded = load(path)
    save(loaded.pipeline, path, migrated_from=loaded.migrated_from)

    assert loaded.migrated_from == 1
    assert loaded.pipeline.name == "Old name"
    assert json.loads((tmp_path / "p.v1.json").read_text())["title"] == "Old name"


def test_every_older_version_has_a_migration() -> None:
    assert set(files.MIGRATIONS) == set(range(1, VERSION))


def test_as_many_cards_and_wires_as_a_file_may_have_come_back() -> None:
    nodes = [Node(f"n{i}", "data_load", {"a": i, "b": "text"}, Position(i, i)) for i in range(5000)]
    edges = [
        Edge(f"n{i % 5000}", "dataset", f"n{i % 4999}", f"p{i // 5000}") for i in range(20_000)
    ]
    pipeline = Pipeline().with_nodes(*nodes).with_edges(*edges)

    assert loads(dumps(pipeline)).pipeline == pipeline


def test_copied_shares_nothing() -> None:
    value = {"a": [1, {"b": None}]}

    copy = strict_json.copied(value)

    assert copy == value
    copy["a"][1]["b"] = 2
    assert value == {"a": [1, {"b": None}]}


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", {1: 2}, {"\ud800": 1}, {"a": {1, 2}}, b"x", 10**80, ...],
)
def test_copied_refuses_what_is_no_json(value: object) -> None:
    with pytest.raises(ValueError, match=r"^(must|holds|has|is) "):
        strict_json.copied({"a": [value]})


def test_copied_refuses_what_is_deeper_than_told() -> None:
    strict_json.copied([[]], max_depth=2)
    with pytest.raises(ValueError, match="nested too deeply"):
        strict_json.copied([[]], max_depth=1)


def test_errors_are_ours() -> None:
    assert issubclass(FileFormatError, TensorRagError)
