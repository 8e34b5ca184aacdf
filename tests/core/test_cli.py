"""The command line, as people and other programs call it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tensorrag.cli import executing, main
from tensorrag.cli.opening import as_it_is_now
from tensorrag.edit.document import Document
from tensorrag.edit.records import change_record, state_record
from tensorrag.pipeline import Edge, Node, Pipeline, files
from tensorrag.store.place import Place
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task, TaskKind
from tests.core import diabetes
from tests.core.engine import CARDS, InProcess, chain, node
from tests.core.small_catalog import CATALOG
from tests.workbooks import workbook

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of its own, with the small cards dropped in."""
    folder = tmp_path / "workspace"
    (folder / "cards").mkdir(parents=True)
    (folder / "cards" / "numbers.py").write_text(CARDS)
    monkeypatch.setenv("TENSORRAG_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run cards in this process: a process for each would take most of the time of these tests."""
    monkeypatch.setattr(executing, "open_executors", lambda folder: {"local": InProcess()})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A pipeline of three small cards."""
    return saved(tmp_path, chain(node("number", value=3), node("add", amount=2), node("parity")))


def saved(folder: Path, pipeline: Pipeline) -> Path:
    path = folder / "numbers.json"
    files.save(pipeline, path)
    return path


def call(capsys: Captured, *words: object) -> tuple[int, Any]:
    """Call a command; gives its exit code and the JSON that it prints."""
    code = main([str(word) for word in words])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("at_once")
def test_a_file_runs_and_is_answered_from_the_cache_the_second_time(
    capsys: Captured, file: Path
) -> None:
    code, first = call(capsys, "run", file, "--json")
    assert (code, first["status"], first["problems"]) == (0, "succeeded", [])
    assert [one["cached"] for one in first["nodes"].values()] == [False, False, False]
    assert first["nodes"]["add"]["outputs"]["number"]["type"] == "Table"

    code, second = call(capsys, "run", file, "--json")
    assert [one["cached"] for one in second["nodes"].values()] == [True, True, True]

    code, third = call(capsys, "run", file, "--json", "--set", "add.amount=5", "--until", "add")
    assert list(third["nodes"]) == ["number", "add"]
    assert third["nodes"]["add"]["reason"] == "amount 2 → 5"

    code, fourth = call(capsys, "run", file, "--json", "--no-cache")
    assert {one["cached"] for one in fourth["nodes"].values()} == {False}


def test_the_cards_are_described_once_and_torch_is_loaded_ahead_for_networks_alone(
    capsys: Captured, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    first: list[str] = []

    class Listening(InProcess):
        def warm(self, *, networks: bool, modules: Sequence[str]) -> None:
            asked.append("networks" if networks else "no networks")
            first.extend(modules)

        async def submit(self, task: Task, place: Place) -> str:
            asked.append(task.kind)
            return await super().submit(task, place)

    monkeypatch.setattr(executing, "open_executors", lambda folder: {"local": Listening()})
    dropped = workspace / "cards" / "numbers.py"
    source = dropped.read_text()
    dropped.unlink()
    ridge = saved(tmp_path, chain(node("model_define")))

    assert call(capsys, "run", ridge, "--json")[0] == 0
    assert asked == ["networks", "describe", "propagate", "run"]  # of what cards there are: nothing

    asked.clear()
    assert call(capsys, "run", ridge, "--json", "--no-cache")[0] == 0
    assert asked == ["no networks", "propagate", "run"]
    assert first == ["cards.model_define"]

    asked.clear()
    call(capsys, "run", saved(tmp_path, chain(node("train_gpu"))), "--json")
    assert asked[0] == "networks"

    dropped.write_text(source)
    strange = saved(tmp_path, chain(node("number")))
    assert call(capsys, "run", strange, "--json")[0] == 0
    asked.clear()
    first.clear()
    assert call(capsys, "run", strange, "--json", "--no-cache")[0] == 0
    assert asked == ["networks", "propagate", "run"]  # it may need anything
    assert first == [], "what is not ours is imported where it does no harm alone"


def test_a_sample_runs_by_its_name(capsys: Captured) -> None:
    code, run = call(capsys, "run", "look_at_a_table", "--json")

    assert (code, run["status"]) == (0, "succeeded")
    table = next(iter(run["nodes"].values()))["outputs"]["dataset"]
    assert table["schema"]["rows"] == 569


@pytest.mark.usefixtures("at_once")
def test_the_file_of_a_pipeline_of_the_workspace_is_that_pipeline(
    capsys: Captured, workspace: Path, file: Path
) -> None:
    shelf = Workspace.open(workspace).pipelines
    mine = shelf.create(files.load(file).pipeline)

    call(capsys, "run", shelf.path(mine), "--json")
    call(capsys, "run", file, "--json")

    _, (other, run) = call(capsys, "runs", "--json")
    assert (run["pipeline"], other["pipeline"]) == (mine, f"file:{file}")


@pytest.mark.usefixtures("at_once")
def test_a_pipeline_that_has_the_name_of_a_sample_for_its_id_is_meant_by_it(
    capsys: Captured, workspace: Path, file: Path
) -> None:
    mine = Workspace.open(workspace).pipelines.create(
        replace(files.load(file).pipeline, name="My table")
    )

    call(capsys, "run", "my_table", "--json")

    _, (run,) = call(capsys, "runs", "--json")
    assert run["pipeline"] == mine == "my_table"


@pytest.mark.usefixtures("at_once")
def test_a_pipeline_of_the_workspace_is_called_by_its_id_or_its_name(
    capsys: Captured, workspace: Path, file: Path
) -> None:
    shelf, numbers = Workspace.open(workspace).pipelines, files.load(file).pipeline
    mine = shelf.create(replace(numbers, name="Count on"))
    call(capsys, "run", mine, "--json")
    call(capsys, "run", "Count on", "--json")
    _, found = call(capsys, "runs", "--json")
    assert [run["pipeline"] for run in found] == [mine, mine]
    assert call(capsys, "check", "Count on", "--json") == (0, [])

    other = shelf.create(replace(numbers, name="Count on"))
    assert main(["check", "Count on"]) == 2
    assert f"Say which one by its id: {mine}, {other}." in capsys.readouterr().err
    assert main(["check", "Count off"]) == 2
    said = capsys.readouterr().err
    assert 'no file "Count off", and no sample or pipeline of this name' in said
    assert "Samples: boston_housing, " in said
    assert mine in said.partition("Pipelines of the workspace: ")[2]


def test_a_folder_hides_no_pipeline_and_a_file_no_sample_that_was_run(
    capsys: Captured, workspace: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, numbers = Workspace.open(workspace), files.load(file).pipeline
    monkeypatch.chdir(tmp_path)
    (tmp_path / "look_at_a_table").mkdir()
    assert call(capsys, "check", "look_at_a_table", "--json") == (0, [])

    (tmp_path / "diabetes").write_bytes(file.read_bytes())
    sample = as_it_is_now("sample:diabetes", opened)
    assert sample is not None
    assert sample.nodes.keys() != numbers.nodes.keys()
    assert as_it_is_now(f"file:{tmp_path / 'diabetes'}", opened) == numbers
    assert as_it_is_now(f"sample:{file}", opened) is None
    assert as_it_is_now("file:boston_housing", opened) is None


@pytest.mark.usefixtures("at_once")
def test_without_json_it_is_for_people(capsys: Captured, file: Path) -> None:
    assert main(["run", str(file)]) == 0

    out = capsys.readouterr().out
    assert "✓ add" in out
    assert "succeeded in" in out


@pytest.mark.usefixtures("at_once")
def test_a_card_that_fails_makes_exit_code_1(capsys: Captured, tmp_path: Path) -> None:
    path = saved(tmp_path, chain(node("number"), node("fail"), node("parity")))

    code, run = call(capsys, "run", path, "--json")

    assert (code, run["status"]) == (1, "failed")
    assert run["nodes"]["fail"]["error"]["hint"] == "Take another."
    assert run["nodes"]["parity"]["state"] == "blocked"

    assert main(["run", str(path)]) == 1
    assert "The number is no good." in capsys.readouterr().err


@pytest.mark.usefixtures("at_once")
def test_a_pipeline_with_errors_makes_exit_code_2(capsys: Captured, tmp_path: Path) -> None:
    path = saved(tmp_path, chain(node("number"), node("add", amount="many")))

    code, run = call(capsys, "run", path, "--json")

    assert code == 2
    assert (run["run"], run["nodes"]) == (None, {})
    (problem,) = run["problems"]
    assert (problem["node"], problem["field"]) == ("add", "amount")


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "words",
    [
        ["run", "--json"],
        ["run", "nothing.json", "--json"],
        ["run", "{file}", "--json", "--until", "nothing"],
        ["run", "{file}", "--json", "--set", "add"],
        ["run", "{file}", "--json", "--set", "nothing.seed=1"],
        ["run", "{file}", "--json", "--on", "the_moon"],
        ["run", "{file}", "--json", "--nonsense"],
        ["run", "{folder}", "--json"],
    ],
    ids=lambda words: " ".join(words[1:]),
)
def test_a_wrong_call_makes_exit_code_2_and_json(
    capsys: Captured, file: Path, tmp_path: Path, words: list[str]
) -> None:
    code, run = call(capsys, *(word.format(file=file, folder=tmp_path) for word in words))

    assert code == 2
    assert set(run) == {"run", "status", "seconds", "problems", "nodes"}
    assert run["problems"][0]["level"] == "error"
    assert run["problems"][0]["message"]


@pytest.mark.usefixtures("at_once")
def test_what_a_card_prints_stays_out_of_the_json(
    capsys: Captured, file: Path, workspace: Path
) -> None:
    with (workspace / "cards" / "numbers.py").open("a") as cards:
        cards.write("\nprint('Good morning!')\n")

    for words in (["run", file], ["check", file], ["cards"]):
        call(capsys, *words, "--json")  # which reads all of stdout as one JSON value


def test_a_wrong_call_is_one_sentence_for_people(capsys: Captured) -> None:
    assert main(["run", "nothing.json"]) == 2
    assert 'There is no file "nothing.json"' in capsys.readouterr().err

    assert main(["nonsense"]) == 2
    assert "No such command" in capsys.readouterr().err


@pytest.mark.usefixtures("at_once")
def test_values_are_json_or_else_text(capsys: Captured, file: Path) -> None:
    code, run = call(capsys, "run", file, "--json", "--set", "number.value=NaN")

    assert code == 2
    assert run["problems"][0]["field"] == "value"


@pytest.mark.usefixtures("at_once")
def test_check_lists_problems(capsys: Captured, file: Path, tmp_path: Path) -> None:
    assert call(capsys, "check", file, "--json") == (0, [])

    broken = saved(tmp_path, Pipeline().with_nodes(Node("what", "unknown_card")))
    code, problems = call(capsys, "check", broken, "--json")
    assert code == 2
    assert [problem["code"] for problem in problems] == ["card_unknown"]
    assert main(["check", str(broken)]) == 2
    assert "what: No card is called" in capsys.readouterr().out


@pytest.mark.usefixtures("at_once")
def test_check_looks_at_sources(capsys: Captured, tmp_path: Path) -> None:
    path = saved(tmp_path, chain(node("read_number", path="/nowhere")))

    code, problems = call(capsys, "check", path, "--json")

    assert code == 2
    assert problems[0]["message"] == "There is no such file."


@pytest.mark.usefixtures("at_once")
def test_check_knows_what_the_results_of_earlier_runs_hold(
    capsys: Captured, tmp_path: Path
) -> None:
    """Rows that repeat in a table of two tables, which nobody can tell before it is made."""
    rows = "".join(f"{at},{at * at % 97},{at / 8}\n" for at in range(60))
    (tmp_path / "small.csv").write_text(f"a,b,c\n{rows}")
    small = {"source": "path", "path": "small.csv"}
    wires = (
        Edge("one", "dataset", "both", "tables"),
        Edge("other", "dataset", "both", "tables"),
        Edge("both", "dataset", "measured", "dataset"),
        Edge("model", "model_spec", "measured", "model_spec"),
    )
    pipeline = Pipeline(edges=wires).with_nodes(
        Node("one", "data_load", params=small),
        Node("other", "data_load", params=small),
        Node("both", "concatenate"),
        Node("model", "model_define", params={"model_type": "ridge"}),
        Node("measured", "cross_validate", params={"target_column": "b"}),
    )
    path = saved(tmp_path, pipeline)

    assert call(capsys, "check", path, "--json") == (0, [])
    assert call(capsys, "run", path, "--json", "--until", "both")[0] == 0

    code, (problem,) = call(capsys, "check", path, "--json")
    assert (code, problem["node"], problem["field"]) == (0, "measured", "together")
    assert problem["message"].startswith("60 rows are equal to an earlier one in every column")


def test_relative_paths_start_from_the_folder_of_the_file(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("a,b\n1,2\n3,4\n")
    load = Node("load", "data_load", params={"source": "path", "path": "small.csv"})

    code, run = call(capsys, "run", saved(tmp_path, Pipeline().with_nodes(load)), "--json")

    assert code == 0
    assert run["nodes"]["load"]["outputs"]["dataset"]["schema"]["rows"] == 2


def test_cards_are_listed(capsys: Captured) -> None:
    code, cards = call(capsys, "cards", "--json")

    assert code == 0
    listed = {card["card"]: card for card in cards}
    assert {"data_load", "data_split", "train", "train_gpu", "evaluate", "add"} <= set(listed)
    (numbers,) = listed["add"]["inputs"]
    assert (numbers["name"], numbers["type"], numbers["many"]) == ("numbers", "Table", True)
    keys = ["card", "title", "category", "summary", "inputs", "outputs", "params", "version", "gpu"]
    assert all(list(card) == keys for card in cards)


@pytest.mark.usefixtures("at_once")
def test_samples_are_listed_and_can_be_run(capsys: Captured) -> None:
    code, samples = call(capsys, "samples", "--json")

    assert code == 0
    assert samples[0] == {
        "name": "boston_housing",
        "title": "Boston housing on a GPU",
        "summary": samples[0]["summary"],
        "synthetic": True,
        "rows": 50_000,
        "columns": 14,
    }
    for sample in samples:
        assert main(["check", sample["name"]]) in (0, 2)


@pytest.mark.usefixtures("at_once")
def test_runs_are_listed_and_shown(capsys: Captured, file: Path) -> None:
    _, run = call(capsys, "run", file, "--json")

    code, runs = call(capsys, "runs", "--json")
    assert code == 0
    assert [(entry["run"], entry["status"]) for entry in runs] == [(run["run"], "succeeded")]

    code, shown = call(capsys, "runs", run["run"], "--json")
    assert code == 0
    assert shown["nodes"] == run["nodes"]
    assert shown["seconds"] == pytest.approx(run["seconds"], abs=0.05)

    assert main(["runs", run["run"]]) == 0
    assert "✓ parity" in capsys.readouterr().out
    assert main(["runs", "nothing"]) == 2


def test_versions_are_listed(capsys: Captured, tmp_path: Path) -> None:
    shelf = Workspace.open(tmp_path).pipelines
    pipeline_id = shelf.create(Pipeline("Old"))
    document = Document(Pipeline("Old"), CATALOG, revision=7)
    log = shelf.log(pipeline_id)
    log.append([state_record(document.pipeline, 7)])
    log.append([change_record(document.apply([{"op": "rename", "name": "New"}]))])

    code, found = call(capsys, "versions", pipeline_id, "--json", "--workspace", str(tmp_path))

    assert code == 0
    assert [each["said"] for each in found] == ["Called the pipeline New", "As it was here first"]
    assert main(["versions", "none", "--workspace", str(tmp_path)]) == 2
    assert 'There is no pipeline "none"' in capsys.readouterr().err


@pytest.mark.usefixtures("at_once")
def test_a_run_is_resumed_on_the_file_as_it_is_now(capsys: Captured, tmp_path: Path) -> None:
    numbers = (node("number"), node("fail"), node("add"))
    file = saved(tmp_path, chain(*numbers))
    code, failed = call(capsys, "run", file, "--until", "fail", "--json")
    assert code == 1
    mended = chain(*numbers).with_nodes(replace(node("fail"), enabled=False))
    files.save(mended, file)

    code, resumed = call(capsys, "run", "--resume", failed["run"], "--json")

    assert code == 0
    assert {name: one["state"] for name, one in resumed["nodes"].items()} == {
        "number": "done",
        "fail": "bypassed",
    }
    assert resumed["nodes"]["number"]["cached"]
    _, runs = call(capsys, "runs", "--json")
    assert [entry["parent"] for entry in runs] == [failed["run"], None]

    code, refused = call(capsys, "run", "--resume", resumed["run"], "--json")
    assert code == 2
    assert "This run succeeded" in refused["problems"][0]["message"]
    for words in ((), (file, "--resume", "x"), ("--resume", "x", "--no-cache")):
        code, refused = call(capsys, "run", *words, "--json")
        assert (code, refused["problems"][0]["code"]) == (2, "usage")


def test_an_interrupt_cancels_the_run(tmp_path: Path) -> None:
    path = saved(tmp_path, chain(node("number"), node("wait")))
    command = [sys.executable, "-m", "tensorrag", "run", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "wait" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stdout.read()

    assert process.returncode == 1
    assert "cancelled in" in rest


def test_a_file_that_gives_no_card_is_named_beside_the_list(
    capsys: Captured, workspace: Path
) -> None:
    (workspace / "cards" / "torn.py").write_text("def broken(:\n")

    for _ in range(2):  # as it is described, and as it is remembered
        assert main(["cards"]) == 0
        told = capsys.readouterr()
        assert told.err.startswith("torn.py: ")
        assert "numbers" in told.out


def test_an_empty_workspace_is_refused_and_is_not_the_current_folder(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    code = main(["runs", "--workspace", ""])

    assert code == 2
    assert "it is empty: give a folder" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("command", ["doctor", "runs", "versions mine"])
def test_a_workspace_that_is_not_there_is_not_made_by_who_only_looks(
    capsys: Captured, tmp_path: Path, command: str
) -> None:
    code = main([*command.split(), "--workspace", str(tmp_path / "typo")])

    assert code == 2
    assert capsys.readouterr().err.splitlines()[0] == f"There is no workspace {tmp_path}/typo."
    assert not (tmp_path / "typo").exists()


@pytest.fixture
def read_only(workspace: Path, tmp_path: Path, file: Path) -> Iterator[Path]:
    """The workspace with a run in it, as a disk shows it that may only be read."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("Only root on Linux may mount a folder.")
    assert main(["run", str(file)]) == 0
    if subprocess.run(["mount", "--bind", workspace, mounted], capture_output=True).returncode:
        pytest.skip("Here, not even root may mount a folder.")
    subprocess.run(["mount", "-o", "remount,ro,bind", mounted], check=True)
    yield mounted
    subprocess.run(["umount", "--lazy", mounted], check=True)


@pytest.mark.usefixtures("at_once")
def test_who_only_looks_needs_no_workspace_that_may_be_written(
    capsys: Captured, read_only: Path, file: Path, tmp_path: Path
) -> None:
    capsys.readouterr()
    here = ("--json", "--workspace", read_only)
    code, (run,) = call(capsys, "runs", *here)
    assert (code, run["status"]) == (0, "succeeded")
    code, shown = call(capsys, "runs", run["run"], *here)
    assert shown["nodes"]["add"]["state"] == "done"
    assert call(capsys, "check", file, *here) == (0, [])
    five = tmp_path / "five"
    five.write_text("5")
    reading = saved(tmp_path, chain(node("read_number", path=str(five)), node("add")))
    assert call(capsys, "check", reading, *here) == (0, []), "what was seen is not kept"

    code, report = call(capsys, "doctor", "--verify", *here)
    assert (code, report["verified"]["values"]) == (0, 3)
    assert any("may only be read" in found["message"] for found in report["findings"])

    code, refused = call(capsys, "run", reading, *here)
    assert code == 2
    assert "may not be written" in refused["problems"][0]["message"]


@pytest.mark.usefixtures("at_once")
def test_a_workspace_that_may_only_be_read_may_be_empty(
    capsys: Captured, workspace: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)

    assert call(capsys, "runs", "--json") == (0, [])
    assert call(capsys, "check", file, "--json") == (0, [])
    assert {path.name for path in workspace.iterdir()} == {"cards"}


def test_the_help_names_the_commands_of_siblings_without_importing_them(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    info = pack / "shop-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tensorrag.commands]\nbuy = shop_page:buy\n")
    source = 'raise SystemExit("imported")\ndef buy():\n    """Buy a model.\n\n    Or two."""\n'
    (pack / "shop_page.py").write_text(source)

    shown = subprocess.run(
        [sys.executable, "-m", "tensorrag", "--help"],
        env=os.environ | {"PYTHONPATH": str(pack)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert re.search(r"buy +Buy a model\.", shown)
    assert "serve" in shown


def test_a_card_that_crashes_while_it_is_imported_spares_the_command(
    workspace: Path, capsys: Captured, tmp_path: Path
) -> None:
    (workspace / "cards" / "fatal.py").write_text("import os; os.abort()")
    code, cards = call(capsys, "cards", "--json")
    assert code == 0
    assert "number" in {card["card"] for card in cards}

    code, found = call(capsys, "check", saved(tmp_path, chain(node("number", value=3))), "--json")
    assert (code, found) == (0, [])


@pytest.mark.usefixtures("at_once")
def test_a_field_is_swept_and_each_value_is_told(capsys: Captured, file: Path) -> None:
    field = "add.amount=1..3 by 1"
    code, swept = call(capsys, "run", file, "--sweep", field, "--set", "number.value=5", "--json")

    assert (code, swept["field"], swept["best"]) == (0, "add.amount", {})
    assert [(one["value"], one["status"]) for one in swept["runs"]] == [
        (1, "succeeded"), (2, "succeeded"), (3, "succeeded"),
    ]  # fmt: skip
    code, shown = call(capsys, "runs", swept["runs"][2]["run"], "--json")
    assert shown["nodes"]["number"]["cached"]

    assert main(["run", str(file), "--sweep", "add.amount=8,9"]) == 0
    assert re.findall(r"^(\S+) +succeeded", capsys.readouterr().out, re.MULTILINE) == ["8", "9"]
    for wrong in ("add.amount", "add=1,2", "add.amount=", "gone.amount=1", "add.amount=9..x"):
        assert main(["run", str(file), "--sweep", wrong]) == 2
        said = "".join(capsys.readouterr())
        assert "Traceback" not in said
        assert said.strip()


def test_models_are_listed_and_called_what_people_like(
    capsys: Captured, tmp_path: Path, at_once: None
) -> None:
    assert call(capsys, "models", "--json") == (0, [])
    files.save(diabetes.pipeline(), tmp_path / "diabetes.json")
    assert call(capsys, "run", tmp_path / "diabetes.json", "--json")[0] == 0

    _, [model] = call(capsys, "models", "--json")
    assert main(["models", "rename", model["id"], "Doctor"]) == 0
    assert main(["models", "pin", "Doctor"]) == 0
    capsys.readouterr()
    assert main(["models"]) == 0
    said = capsys.readouterr().out
    assert re.search(rf"{model['id']}  Doctor +v1 +r2 0\.\d+ .* ready, pinned", said), said

    assert main(["models", "export", "Doctor", str(tmp_path / "doctor.zip")]) == 0
    assert "Opening a pickle runs code" in capsys.readouterr().out
    assert (tmp_path / "doctor.zip").read_bytes()[:2] == b"PK"

    assert main(["models", "delete", "Doctor"]) == 0
    assert f"Undo: tensorrag models restore {model['id']}" in capsys.readouterr().out
    assert main(["models", "delete", "Doctor"]) == 2
    assert 'There is no model "Doctor"' in capsys.readouterr().err
    assert main(["models", "restore", model["id"]]) == 0


def test_a_file_is_predicted_by_a_model(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    files.save(diabetes.pipeline(), tmp_path / "diabetes.json")
    call(capsys, "run", tmp_path / "diabetes.json", "--json")
    kinds = frozenset[TaskKind]({"run", "describe", "page"})
    monkeypatch.setattr(executing, "open_executors", lambda at: {"local": InProcess(kinds=kinds)})
    _, [model] = call(capsys, "models", "--json")
    names, patients = model["features"], tmp_path / "patients.csv"
    patients.write_text("\n".join([",".join(names), *[",".join("1" for _ in names)] * 3]))

    assert main(["predict", model["name"], str(patients)]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == ",".join([*names, "predicted_progression"])
    assert len({row.rpartition(",")[2] for row in rows}) == 1
    assert len(rows) == 3

    out = tmp_path / "out.csv"
    patients.write_text(patients.read_text().replace("\n1", "\n9000", 1))
    assert main(["predict", model["id"], str(patients), "-o", str(out), "--column", "guess"]) == 0
    told = capsys.readouterr()
    assert f"3 rows are in {out}" in told.out
    assert "9,000 is far outside of what the model has learnt from" in told.err
    assert out.read_text().splitlines()[0].endswith(",guess")

    patients.write_text("age,bmi\n1,2\n")
    assert main(["predict", model["id"], str(patients), "-o", str(out)]) == 2
    assert "The table lacks" in capsys.readouterr().err
    assert out.read_text().splitlines()[0].endswith(",guess"), "what was there stays"
    assert main(["predict", model["id"], "nowhere.csv"]) == 2
    assert main(["predict", model["id"], str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err

    sheets = {"About": [["this file"], ["x"]], "Rows": [[*names], [1] * len(names)]}
    (tmp_path / "patients.xlsx").write_bytes(workbook(sheets))
    assert main(["predict", model["id"], str(tmp_path / "patients.xlsx"), "--sheet", "Rows"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["predict", model["id"], str(tmp_path / "patients.xlsx"), "--sheet", "Row"]) == 2
    assert "has no sheet" in capsys.readouterr().err
    assert main(["predict", "nobody", str(patients)]) == 2
