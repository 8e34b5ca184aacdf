"""Whether a network fits is told by the number of its parameters, before any memory is taken."""

from __future__ import annotations

import pytest

from cards._network.room import refuse_what_cannot_fit
from tensorrag import CardError

GB = 2**30


@pytest.mark.parametrize(
    ("allowed", "gpu", "says"),
    [
        (
            15 * GB,
            None,
            "training it takes at least 16,384 MB of memory, and the card may use 15,360 MB",
        ),
        (
            64 * GB,
            15 * GB,
            "training it takes at least 16,384 MB of memory, and the GPU has 15,360 MB",
        ),
        (
            3 * GB,
            80 * GB,
            "training it takes at least 4,096 MB of memory, and the card may use 3,072 MB",
        ),
    ],
)
def test_what_cannot_fit_is_refused(allowed: int, gpu: int | None, says: str) -> None:
    with pytest.raises(CardError, match=f"1,073,741,824 parameters: {says}"):
        refuse_what_cannot_fit(2**30, allowed, gpu)


@pytest.mark.parametrize(
    ("allowed", "gpu"), [(16 * GB, None), (None, None), (4 * GB, 16 * GB), (None, 16 * GB)]
)
def test_what_may_fit_is_tried(allowed: int | None, gpu: int | None) -> None:
    refuse_what_cannot_fit(2**30, allowed, gpu)
