"""T6: stop means stop. Within 6 s nothing is left of a card, whatever it does to stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clock import within
from tests.executors.processes import alive, seconds_until_gone
from tests.trust.acts import Act, Stage, stage

pytestmark = pytest.mark.clock

PROMISED_SECONDS = 6.0
"""From the click to the end of the last process: the card is asked, and 5 s later it is killed."""

PAIRS = [
    # Each of them with what it prints when it has begun.
    ({"stubborn": "deaf", "loop_in_c": "looping"}, (Act("Stubborn"), Act("LoopInC"))),
    ({"family": "children", "joblib": "starting"}, (Act("Family", number=600), Act("Joblib"))),
    ({"sleep_in_thread": "waiting", "read_pipe": "reading"},
     (Act("SleepInThread"), Act("ReadPipe"))),
]  # fmt: skip


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An editor for all of them."""
    with stage(tmp_path_factory.mktemp("workspace")) as editor:
        yield editor


@pytest.mark.parametrize(("words", "acts"), PAIRS, ids=["deaf", "many processes", "blocked"])
def test_cancel_of_a_run_ends_all_that_its_cards_have_started(
    editor: Stage, words: dict[str, str], acts: tuple[Act, ...]
) -> None:
    run = editor.start(*acts)
    trees = editor.trees(run, words)
    assert len(trees) == 2
    assert all(alive(tree) for tree in trees.values())

    editor.cancel(run)

    seconds_until_gone(set.union(*trees.values()), limit=PROMISED_SECONDS)
    outcome = editor.end(run)
    assert outcome["status"] == "cancelled"
    assert {node["state"] for node in outcome["nodes"].values()} == {"cancelled"}
    nodes = [event for event in editor.events(run) if event["type"] == "node"]
    assert {each["node"] for each in nodes if each["data"]["cancelling"]} == set(words), "told"


def test_cancel_of_a_card_ends_all_that_it_has_started_and_spares_the_others(
    editor: Stage,
) -> None:
    run = editor.start(Act("Family", number=600), Act("Stubborn"))
    trees = editor.trees(run, {"family": "children", "stubborn": "deaf"})
    assert len(trees["family"]) >= 4, "itself, its children, and the one that escaped"

    editor.cancel(run, "family")

    seconds_until_gone(trees["family"], limit=PROMISED_SECONDS)
    assert alive(trees["stubborn"])
    assert editor.look(run)["nodes"]["stubborn"]["state"] == "running"
    editor.cancel(run, "stubborn")
    seconds_until_gone(trees["stubborn"], limit=PROMISED_SECONDS)
    assert editor.end(run)["nodes"]["family"]["state"] == "cancelled"


def test_a_card_that_reports_stops_at_once(editor: Stage) -> None:
    run = editor.start(Act("Learn"))
    trees = editor.trees(run, {"learn": "learning"})

    editor.cancel(run)

    assert seconds_until_gone(trees["learn"], limit=PROMISED_SECONDS) < within(3.0)
    assert editor.end(run)["status"] == "cancelled"
