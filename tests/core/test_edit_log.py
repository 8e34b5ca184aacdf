"""The edit log: what was edited is there after a crash, with the way back."""

import errno
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tensorrag.edit.document import Document
from tensorrag.edit.records import (
    KEPT_STEPS,
    Replay,
    all_records,
    change_record,
    state_record,
    written_record,
)
from tensorrag.edit.recovery import recover
from tensorrag.errors import PipelineError, WorkspaceError
from tensorrag.pipeline import Node, Pipeline
from tensorrag.pipeline.delta import delta, patched
from tensorrag.pipeline.files import Loaded, dumps, load, save
from tensorrag.store.edit_log import EditLog, EditLogCut, LogContent
from tests.core.small_catalog import CATALOG
from tests.core.test_document import random_op

START = Pipeline("Start").with_nodes(Node("a", "data_load"), Node("b", "data_split"))


def rename(name: str) -> list[dict[str, Any]]:
    return [{"op": "rename", "name": name}]


class Edited:
    """A pipeline that is edited, its log and its file."""

    def __init__(self, folder: Path, pipeline: Pipeline = START) -> None:
        self.document = Document(pipeline, CATALOG)
        self.log, self.file = EditLog(folder / "a.log"), folder / "a.json"
        self.log.append([state_record(pipeline, 0), written_record(0, save(pipeline, self.file))])

    def edit(self, ops: list[Any], merge_key: str | None = None) -> None:
        change = self.document.apply(ops, merge_key=merge_key)
        if change:
            self.log.append([change_record(change)])

    def undo(self) -> None:
        change = self.document.undo()
        if change:
            self.log.append([change_record(change)])

    def write(self) -> None:
        sha256 = save(self.document.pipeline, self.file)
        self.log.append([written_record(self.document.revision, sha256)])

    def reopened(self) -> Any:
        return recover(EditLog(self.log.path).read(), load(self.file))


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


def test_edits_that_are_not_in_the_file_yet_come_out_of_the_log(edited: Edited) -> None:
    edited.edit(rename("One"))
    edited.edit([{"op": "remove", "nodes": ["a"]}])

    again = edited.reopened()

    assert dumps(again.pipeline) == dumps(edited.document.pipeline)
    assert again.behind
    assert again.theirs is None
    assert again.revision == edited.document.revision


def test_undo_and_redo_survive(edited: Edited) -> None:
    for name in ("One", "Two", "Three"):
        edited.edit(rename(name))
    edited.undo()
    edited.write()

    again = edited.reopened()
    document = Document(again.pipeline, CATALOG, steps=again.steps)

    assert not again.behind
    assert document.pipeline.name == "Two"
    assert document.redo() is not None
    assert document.pipeline.name == "Three"
    while document.undo():
        pass
    assert document.pipeline == START


def test_typing_stays_one_step(edited: Edited) -> None:
    for name in ("N", "Ne", "New"):
        edited.edit(rename(name), merge_key="name")

    assert [step.label for step in edited.reopened().steps.done] == ["Rename the pipeline"]


def test_what_was_typed_and_taken_back_at_once_is_no_step_after_a_restart(edited: Edited) -> None:
    edited.edit(rename("Kept"))
    for name in ("N", "Kept", "Other"):
        edited.edit(rename(name), merge_key="name")

    done = edited.reopened().steps.done
    assert [(step.before.name, step.after.name) for step in done] == [
        (START.name, "Kept"),
        ("Kept", "Other"),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_done_is_the_same_after_a_restart(tmp_path: Path, seed: int) -> None:
    random, edited = Random(seed), Edited(tmp_path)
    for _ in range(120):
        try:
            edited.edit([random_op(random, edited.document.pipeline)])
        except PipelineError:
            continue
        if random.random() < 0.2:
            edited.undo()
        if random.random() < 0.1:
            edited.write()
    assert edited.document.revision > 20

    again = edited.reopened()
    steps = edited.document.steps
    assert dumps(again.pipeline) == dumps(edited.document.pipeline)
    for mine, theirs in ((steps.done, again.steps.done), (steps.undone, again.steps.undone)):
        assert [dumps(step.before) for step in mine] == [dumps(step.before) for step in theirs]

    shorter = Replay()
    assert shorter.take_all(all_records(steps, edited.document.pipeline, 7))
    assert shorter.pipeline is not None
    assert dumps(shorter.pipeline) == dumps(edited.document.pipeline)
    assert len(shorter.steps.undone) == len(steps.undone)


def test_a_torn_last_line_is_dropped_and_written_over(edited: Edited) -> None:
    edited.edit(rename("One"))
    whole = edited.log.path.read_bytes()
    edited.edit(rename("Two"))
    for cut in range(len(whole), edited.log.path.stat().st_size):
        edited.log.path.write_bytes(edited.log.path.read_bytes()[:cut])
        assert edited.reopened().pipeline.name == "One"

    log = EditLog(edited.log.path)
    log.read()
    log.append([written_record(1, "x")])
    assert edited.log.path.read_bytes().startswith(whole)
    assert not log.read().damaged


def test_a_damaged_line_costs_the_way_back_and_no_edit(edited: Edited) -> None:
    edited.edit(rename("One"))
    edited.write()
    edited.edit([{"op": "move", "positions": {"a": {"x": 5, "y": 6}}}])
    content = edited.log.path.read_bytes()
    edited.log.path.write_bytes(content.replace(b'"One"', b'"0ne"'))

    again = edited.reopened()

    assert again.damaged
    assert again.pipeline == edited.document.pipeline
    assert again.steps.done == []


def test_what_another_program_wrote_is_told(edited: Edited) -> None:
    edited.edit(rename("One"))
    edited.write()
    save(Pipeline("Theirs"), edited.file)
    again = edited.reopened()
    assert (again.pipeline.name, again.theirs.name, again.behind) == ("One", "Theirs", False)

    edited.edit(rename("Two"))
    again = edited.reopened()
    assert (again.pipeline.name, again.theirs.name, again.behind) == ("Two", "Theirs", True)


def test_a_crash_between_file_and_log_is_no_other_program(edited: Edited) -> None:
    edited.edit(rename("One"))
    save(edited.document.pipeline, edited.file)
    edited.edit(rename("Two"))

    again = edited.reopened()

    assert again.theirs is None
    assert again.behind
    assert again.pipeline.name == "Two"


def test_a_lost_file_comes_back_out_of_the_log(edited: Edited) -> None:
    edited.edit(rename("One"))

    again = recover(EditLog(edited.log.path).read(), None)

    assert again is not None
    assert again.pipeline.name == "One"
    assert again.behind


def test_nothing_comes_out_of_nothing() -> None:
    assert recover(LogContent(), None) is None
    again = recover(LogContent(), Loaded(START))
    assert again is not None
    assert again.pipeline is START


@pytest.mark.parametrize("line", [b"", b"x", b"00000000 {}", b"\xff\xfe", b"[]"])
def test_odd_lines_are_damage_and_no_crash(edited: Edited, line: bytes) -> None:
    edited.edit(rename("One"))
    head, _, tail = edited.log.path.read_bytes().partition(b"\n")
    edited.log.path.write_bytes(head + b"\n" + line + b"\n" + tail)

    again = edited.reopened()

    assert again.damaged
    assert again.pipeline.name == "One"


def test_a_log_that_is_written_anew_keeps_the_latest_steps(edited: Edited) -> None:
    for number in range(KEPT_STEPS + 50):
        edited.edit(rename(str(number)))
    records = all_records(edited.document.steps, edited.document.pipeline, 9)

    edited.log.rewrite(records)

    again = edited.reopened()
    assert again.pipeline.name == str(KEPT_STEPS + 49)
    assert len(again.steps.done) == KEPT_STEPS
    assert again.steps.done[0].before.name == "49"


def test_a_full_disk_leaves_the_log_as_it_was(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched_:
        patched_.setattr(os, "fsync", full)
        with pytest.raises(WorkspaceError, match="full"):
            edited.edit(rename("Lost"))

    edited.edit(rename("Kept"))
    again = edited.reopened()
    assert not again.damaged
    assert [step.after.name for step in again.steps.done] == ["Kept"]


def test_a_log_that_was_cut_by_somebody_is_noticed(edited: Edited) -> None:
    edited.log.path.write_bytes(b"")

    with pytest.raises(EditLogCut):
        edited.edit(rename("One"))


def test_an_edit_of_one_of_many_cards_is_a_short_record() -> None:
    many = Pipeline().with_nodes(*(Node(f"n{i}", "join") for i in range(1000)))
    document = Document(many, CATALOG)

    change = document.apply([{"op": "move", "positions": {"n7": {"x": 1, "y": 1}}}])

    assert [node["id"] for node in delta(change.before, change.after)["nodes"]] == ["n7"]
    assert patched(many, delta(change.before, change.after)).nodes["n8"] is many.nodes["n8"]
