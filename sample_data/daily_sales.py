"""A synthetic table of what three shops sell each day.

Everything is drawn at random; no shop sells like this. Sales grow slowly, follow the week and the
year, rise on days of a promotion, and stay high or low for a while by themselves: that last part
is what the days before tell and the calendar does not.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIRST = np.datetime64("2023-01-01")
DAYS = 1_096
"""Three years."""
SEED = 365

SHOPS = {"harbour": 210.0, "market": 340.0, "station": 150.0}
"""What each sells on a usual day."""
WEEK = np.array([0.86, 0.88, 0.93, 1.0, 1.18, 1.33, 0.82])
"""Monday to Sunday, as a share of a usual day."""


def make(days: int = DAYS, seed: int = SEED) -> dict[str, NDArray[np.generic]]:
    """Draw the table, one row for each shop and day.

    Args:
        days: from 2023-01-01 on.
        seed: of the random numbers; the same seed gives the same table.

    Returns:
        Column name → array of shape (days × shops,), day by day.
    """
    rng = np.random.default_rng(seed)
    dates = FIRST + np.arange(days)
    promotion = rng.random((days, len(SHOPS))) < 0.12
    usual = np.array(list(SHOPS.values())) * _calendar(dates)[:, None]
    mood = np.stack([_mood(rng, days) for _ in SHOPS], axis=1)
    drawn = usual * np.exp(mood + 0.24 * promotion + rng.normal(0, 0.06, usual.shape))
    return {
        "date": np.repeat(dates, len(SHOPS)),
        "shop": np.tile(list(SHOPS), days),
        "promotion": promotion.astype(np.int64).ravel(),
        "sales": drawn.round().astype(np.int64).ravel(),
    }


def _calendar(dates: NDArray[np.datetime64]) -> Floats:
    """The share of a usual day that each day has: by week, by year, and slowly growing."""
    since = np.arange(len(dates))
    weekday = (dates.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    season = 1 + 0.12 * np.sin(2 * np.pi * (since - 80) / 365.25)
    return np.asarray(WEEK[weekday] * season * (1 + 0.10 * since / 365.25))


def _mood(rng: np.random.Generator, days: int) -> Floats:
    """What lifts or lowers sales for weeks: each day much like the day before."""
    found = np.zeros(days)
    for day in range(1, days):
        found[day] = 0.97 * found[day - 1] + rng.normal(0, 0.035)
    return found
