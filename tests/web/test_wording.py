from datetime import UTC, datetime

import pytest

from web.page.wording import (
    alike,
    brief,
    difference,
    left,
    measured,
    number,
    percent,
    plural,
    rounded,
    seconds,
    short,
    signed,
    size,
    when,
    words,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.8712, "0.87"),
        (3.1925, "3.19"),
        (22.8, "22.8"),
        (1234.5, "1,234"),
        (50000, "50,000"),
        (-16.3, "−16.3"),
        (0.0, "0.00"),
        (0.00124, "0.0012"),
        (0.00002, "2e−05"),
        (None, "–"),
        (True, "yes"),
    ],
)
def test_numbers_have_no_digits_past_the_noise(value: float | None, written: str) -> None:
    assert number(value) == written


def test_what_was_measured_is_short_where_it_is_large() -> None:
    assert [measured(value) for value in (0.8712, 140_541.2, 1_405_410.0, 19_751_736_628.0)] == [
        "0.87", "140,541", "1.405 M", "19.75 G",
    ]  # fmt: skip
    assert (measured(None), measured(-2.5e6)) == ("–", "−2.500 M")


def test_beside_a_larger_number_there_are_no_more_digits_than_it_has() -> None:
    assert (alike(-0.0087, 0.59), alike(-0.0001, 0.59)) == ("−0.01", "0.00")
    assert alike(0.0087, 0.004) == "0.0087"


@pytest.mark.parametrize(
    ("one", "other", "written"),
    [
        ("0.89", "0.71", "0.18"), ("0.89", "−0.01", "0.90"), ("12,345", "345", "12,000"),
        ("100", "12.3", "87.7"), ("0.71", "0.89", "−0.18"), ("1.405 M", "140,541", None),
        ("0.01", "1.2e-05", None), ("–", "1", None),
    ],
)  # fmt: skip
def test_a_difference_is_that_of_the_numbers_as_they_are_written(
    one: str, other: str, written: str | None
) -> None:
    assert difference(one, other) == written


def test_signs_counts_and_shares() -> None:
    assert (signed(14.54), signed(-14.54)) == ("+14.5", "−14.5")
    assert (short(950), short(12161), short(3_400_000)) == ("950", "12.2 k", "3.4 M")
    assert (percent(0.8), percent(0.0237)) == ("80 %", "2.4 %")
    assert (brief(0.4600), brief(50.0), brief(-0.5)) == ("0.46", "50", "−0.5")
    assert (plural(1, "problem"), plural(2, "problem")) == ("1 problem", "2 problems")
    assert (size(512), size(2_900_000)) == ("512 bytes", "2.9 MB")
    assert words("learning_rate") == "Learning rate"
    assert words("url") == "URL"


def test_durations_are_said_as_people_say_them() -> None:
    assert (seconds(0.62), seconds(185), seconds(7800)) == ("0.6 s", "3 min 05 s", "2 h 10 min")
    assert (left(11.4), left(0.1), left(None)) == ("11 s left", "1 s left", "")


def test_moments_are_told_from_today() -> None:
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).astimezone()

    assert when(now.replace(hour=9, minute=3), now) == "09:03 today"
    assert when(now.replace(day=21), now) == "yesterday"
    assert when(now.replace(day=19), now) == "Thu 19 Nov"
    assert when(now.replace(year=2025), now) == "Sat 22 Nov 2025"


def test_so_many_decimals_and_no_sign_of_nought() -> None:
    assert rounded(-0.0001, 2) == "0.00"
    assert rounded(0.8713, 3) == "0.871"
    assert rounded(-2.391, 2) == "−2.39"
    assert rounded(0.0017, 3, sign=True) == "+0.002"
    assert rounded(0.0001, 3, sign=True) == "0.000"
    assert rounded(6425.4, 0) == "6,425"
    assert rounded(None, 2) == "–"
