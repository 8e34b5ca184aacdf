import pytest

from tensorrag.run.node_run import NodeRun
from tensorrag.run.reported import Points, reports
from web.page.inspector.outcome import progress_part
from web.page.logs.view import last_line, log_view
from web.page.markup import html
from web.page.runs import course
from web.page.runs.course import Event
from web.page.runs.timeline import Bar, tick_step, timeline


def event(second: float, node: str, kind: str, **data: object) -> Event:
    time = f"2026-11-22T12:00:{second:06.3f}Z"
    return {"time": time, "node": node, "type": kind, "data": data}


EVENTS = [
    event(0, "", "run", status="running"),
    event(0.1, "load", "node", state="queued"),
    event(0.1, "train", "node", state="queued"),
    event(0.2, "load", "node", state="running"),
    event(0.8, "load", "node", state="done", seconds=0.6, device="cpu", cached=False),
    event(1.0, "train", "node", state="running", device="cpu"),
    event(1.2, "train", "log", text="epoch 1", stream="stdout"),
    event(1.3, "train", "progress", done=1, total=3, left=4.0, metrics={"loss": 0.5, "r2": 0.1}),
    event(1.6, "train", "progress", done=2, total=3, left=2.0, metrics={"loss": 0.7, "r2": 0.3}),
]


def test_bars_go_from_start_to_end_in_order() -> None:
    load, train = course.bars(EVENTS, {"load": "Data Load"}, {})

    assert (load.title, load.start, load.end, load.seconds) == ("Data Load", 0.2, 0.8, 0.6)
    assert (train.title, train.state, train.start, train.end) == ("train", "running", 1.0, None)
    assert train.left == 2.0


def test_a_card_that_did_not_run_has_no_bar() -> None:
    blocked = event(2, "evaluate", "node", state="blocked", seconds=None)
    bars = {bar.node: bar for bar in course.bars([*EVENTS, blocked], {}, {})}

    assert bars["evaluate"].start is None


def test_reports_are_gathered_anew_for_each_try() -> None:
    found = reports(EVENTS, "train")

    assert found["loss"] == [(1, 0.5), (2, 0.7)]
    assert course.latest(found) == {"loss": 0.7, "r2": 0.3}
    assert course.best(found) == {"loss": 0.5, "r2": 0.3}
    assert course.curves(found) == [("train", [(1, 0.5), (2, 0.7)])]
    again = [event(3, "train", "node", state="queued"), event(3, "train", "node", state="running")]
    assert reports([*EVENTS, *again], "train") == {}


def test_a_card_that_is_being_stopped_keeps_its_bar_and_its_reports() -> None:
    stopping = event(3, "train", "node", state="running", cancelling=True, device="cpu")
    events = [*EVENTS, stopping]

    _, train = course.bars(events, {}, {})

    assert (train.start, train.stopping) == (1.0, True)
    assert "cpu · stopping…" in html(timeline([train], 4.0, running=True))
    assert reports(events, "train") == reports(EVENTS, "train")


def test_a_log_is_fetched_again_when_something_was_printed_since() -> None:
    events = [{**event, "seq": seq} for seq, event in enumerate(EVENTS, 1)]

    assert events[last_line(events, "train") - 1]["data"]["text"] == "epoch 1"
    assert last_line(events) == last_line(events, "train")
    assert last_line(events, "load") == 0


def test_names_in_a_log_are_text() -> None:
    nasty = '<img src=x onerror="alert(1)">'
    shown = html([log_view("run", names={"load": nasty}), log_view("../x?y", nasty, title=nasty)])

    assert "<img" not in shown
    assert "/api/runs/..%2Fx%3Fy/nodes/%3Cimg" in shown


@pytest.mark.parametrize(("longest", "step"), [(15.4, 5), (0.5, 0.2), (3.9, 1), (610, 200)])
def test_ticks_are_round(longest: float, step: float) -> None:
    assert tick_step(longest) == pytest.approx(step)


def test_the_timeline_says_what_each_card_took() -> None:
    bars = [
        Bar("load", "Data Load", None, "done", 0, 0.6, 0.6),
        Bar("split", "Data Split", None, "done", 0.6, 0.6, 0.2, cached=True),
        Bar("train", "Train", None, "running", 0.6, None, device="cpu", left=11.2),
        Bar("end", "<End>", None, "queued"),
    ]
    page = html(timeline(bars, 4.0, running=True))

    for words in ("0.6 s", "reused", "cpu · 11 s left", "queued", "&lt;End&gt;"):
        assert words in page


def test_before_the_first_run_the_timeline_says_what_it_will_show() -> None:
    assert "next run" in html(timeline([], 0, running=False))


def test_a_curve_that_was_thrown_back_is_drawn_once() -> None:
    steps = [(1, 0.9), (2, 0.8), (3, 0.7), (2, 0.8), (3, 0.6)]
    events = [
        event(0, "train", "progress", done=done, metrics={"loss": loss}) for done, loss in steps
    ]
    assert reports(events, "train")["loss"] == [(1, 0.9), (2, 0.8), (2, 0.8), (3, 0.6)]
    node = NodeRun("train", "train_gpu", "Train", "modal")
    for report in (*(each["data"] for each in events), {"done": "many"}):  # it may say anything
        node.report(report)
    assert [report["done"] for report in node.history] == [1, 2, 2, 3, "many"]


def test_a_running_card_says_how_busy_its_gpu_is() -> None:
    use = {"busy": 0.834, "used": 1_200_000_000, "total": 16_000_000_000}
    told = html(progress_part({"progress": {"done": 1, "unit": "epoch", "gpu": use}}))
    assert "83 % · 1.2 GB of 16.0 GB" in told
    for strange in ({"busy": "much"}, {"used": float("inf"), "total": 1}, "half", None):
        told = html(progress_part({"progress": {"done": 1, "unit": "epoch", "gpu": strange}}))
        assert "gpu-use" not in told


def test_of_a_search_the_best_so_far_is_drawn_beside_each_trial() -> None:
    found: dict[str, Points] = {
        "rmse": [(1, 3.0), (2, 1.0), (3, 2.0)],
        "best": [(1, 3.0), (2, 1.0), (3, 1.0)],
    }

    assert course.searched(found) == "rmse"
    assert [name for name, _ in course.curves(found)] == ["best", "trial"]
    assert course.latest(found) == {"rmse": 2.0}
    assert course.best(found) == {"rmse": 1.0}
    assert course.searched({"loss": [(1, 2.0)]}) is None
