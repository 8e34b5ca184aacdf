"""What a run looks like in a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tensorrag.cli import terminal
from tests.core.engine import Engine, chain, node

REPORT = {
    "done": 23,
    "total": 50,
    "unit": "epoch",
    "left": 11.2,
    "metrics": {"loss": 0.15312, "validation_loss": None},
}


def test_a_report_is_summed_up() -> None:
    assert terminal.words_of(REPORT) == "epoch 23/50 · loss 0.1531 · 11 s left"
    assert terminal.words_of({**REPORT, "total": None, "left": None}) == "epoch 23 · loss 0.1531"


def test_a_bar_is_there_while_its_card_runs() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    with terminal.Bars(console) as bars:
        bars.tell({"type": "node", "node": "train", "data": {"state": "running"}})
        bars.tell({"type": "progress", "node": "train", "data": REPORT})
        bars.tell({"type": "log", "node": "train", "data": {"text": "[red]hello\n"}})
        bars.refresh()
        assert "epoch 23/50" in out.getvalue()
        stopping = {"state": "running", "cancelling": True}
        bars.tell({"type": "node", "node": "train", "data": stopping})
        bars.refresh()
        assert "stopping …" in out.getvalue()
        bars.tell({"type": "node", "node": "train", "data": {"state": "done"}})
        assert bars.running == []
    assert "train | [red]hello" in out.getvalue()


async def test_what_came_of_each_card_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = await Engine(tmp_path).run(chain(node("number"), node("fail"), node("parity")))

    terminal.print_outcome(run.to_json())

    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in out.splitlines()[:3]] == [
        ["✓", "number"],
        ["✗", "fail"],
        ["–", "parity"],
    ]
    assert "blocked · Fail failed" in out
    assert "The number is no good." in err
    assert "Take another." in err


def test_metrics_stand_beside_their_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = {"r2": 0.8765, "rmse": 3.1, "baseline": {"r2": 0.0}}
    shown = {
        "state": "done",
        "cached": False,
        "seconds": 0.4,
        "device": "cpu",
        "reason": None,
        "error": None,
        "outputs": {"metrics": {"type": "Metrics", "value": metrics}},
    }
    run = {"run": "r", "status": "succeeded", "seconds": 1.0, "nodes": {"evaluate": shown}}

    terminal.print_outcome(run)

    out = capsys.readouterr().out
    assert "evaluate.r2 = 0.8765  (baseline 0)" in out
    assert "evaluate.rmse = 3.1\n" in out
