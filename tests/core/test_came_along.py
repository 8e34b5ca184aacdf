"""Cards whose source comes along in a pipeline file: text, checked for being one."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from tensorrag.check import check
from tensorrag.pipeline import Node, Pipeline
from tensorrag.pipeline.came_along import came_along, source_sha256, with_sources
from tensorrag.registry.finding import Registry

SOURCE = "raise SystemExit('I ran')\n"
DIGEST = hashlib.sha256(SOURCE.encode()).hexdigest()


def bringing(entry: Any, card: str = "bird") -> Pipeline:
    nodes = {"a": Node("a", card, {"loud": 3})}
    return Pipeline(nodes=nodes, cards={card: entry})


def test_it_is_read_and_not_run() -> None:
    came = came_along(bringing({"source": SOURCE, "sha256": DIGEST}))["bird"]

    assert (came.source, came.sha256, came.trouble) == (SOURCE, DIGEST, "")


def test_its_digest_is_taken_here() -> None:
    pipeline = bringing({"source": SOURCE, "trusted": True})

    assert came_along(pipeline)["bird"].sha256 == DIGEST
    assert source_sha256(SOURCE.replace("\n", "\r\n")) == DIGEST


@pytest.mark.parametrize(
    ("entry", "card", "says"),
    [
        (SOURCE, "bird", "has no source"),
        ({"source": ["x"]}, "bird", "has no source"),
        ({"path": "/etc/passwd"}, "bird", "has no source"),
        ({"source": SOURCE, "sha256": "0" * 64}, "bird", "was changed after its sha256"),
        ({"source": SOURCE, "sha256": 7}, "bird", "was changed after its sha256"),
        ({"source": "#" * 500_001}, "bird", "larger than 500 kB"),
        ({"source": SOURCE}, "../../bird", "cannot be the id"),
        ({"source": SOURCE}, "pack/bird", "cannot be the id"),
        ({"source": SOURCE}, "bird\n", "cannot be the id"),
        ({"source": SOURCE}, "", "cannot be the id"),
    ],
)
def test_what_is_no_source_says_why(entry: Any, card: str, says: str) -> None:
    pipeline = bringing(entry, card)

    assert says in came_along(pipeline)[card].trouble
    (problem,) = [p for p in check(pipeline, Registry()).problems if p.code == "card_unknown"]
    assert says in problem.hint


def test_a_check_says_that_it_is_off() -> None:
    (problem,) = check(bringing({"source": SOURCE, "sha256": DIGEST}), Registry()).problems

    assert (problem.code, problem.level, problem.node) == ("card_untrusted", "error", "a")
    assert problem.message == 'The card "bird" came along with this pipeline and is off.'


def test_what_is_one_s_own_travels_along() -> None:
    stranger = {"source": "x = 1"}
    pipeline = replace(bringing(stranger), cards={"bird": stranger, "fish": stranger})

    whole = with_sources(pipeline, {"bird": SOURCE}.get)

    assert whole.cards == {"bird": {"source": SOURCE, "sha256": DIGEST}, "fish": stranger}
    assert came_along(whole)["bird"].trouble == ""
    assert with_sources(pipeline, lambda card: None) is pipeline
