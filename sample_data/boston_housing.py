"""A synthetic table in the likeness of the Boston housing set.

Nothing here is a copy of the 506 original rows. Each column is drawn from simple distributions
whose range, kind, spikes and ties to the other columns resemble the published summary of the
original, and the price follows the shape of its published price equation:

    D. Harrison and D. L. Rubinfeld, "Hedonic housing prices and the demand for clean air",
    Journal of Environmental Economics and Management 5 (1978), 81-102, table VII.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROWS = 50_000
SEED = 1978

PRICE_CAP = 50.0
PRICE_FLOOR = 5.0

DECIMALS = {
    "CRIM": 4,
    "ZN": 1,
    "INDUS": 2,
    "CHAS": 0,
    "NOX": 3,
    "RM": 3,
    "AGE": 1,
    "DIS": 3,
    "RAD": 0,
    "TAX": 0,
    "PTRATIO": 1,
    "B": 2,
    "LSTAT": 2,
    "MEDV": 1,
}
"""Columns in their order, each with the decimals that are kept; 0 makes it a whole number."""

_RAD_VALUES = np.array([1, 2, 3, 4, 5, 6, 7, 8])
_RAD_SHARES = np.array([0.054, 0.064, 0.102, 0.294, 0.307, 0.070, 0.045, 0.064])


def make(rows: int = ROWS, seed: int = SEED) -> dict[str, NDArray[np.float64 | np.int64]]:
    """Draw the table.

    Args:
        rows: number of rows.
        seed: of the random numbers; the same seed gives the same table.

    Returns:
        Column name → array of shape (rows,): int64 where no decimals are kept, else float64.
    """
    rng = np.random.default_rng(seed)
    columns = _features(rng, rows)
    columns["MEDV"] = _price(columns, rng)
    return {
        name: columns[name].round().astype(np.int64) if digits == 0 else columns[name].round(digits)
        for name, digits in DECIMALS.items()
    }


def _features(rng: np.random.Generator, rows: int) -> dict[str, Floats]:
    """The 13 features, tied together by how urban and how poor a district is."""
    urban = rng.standard_normal(rows)
    poverty = 0.55 * urban + 0.835 * rng.standard_normal(rows)
    # About a quarter of the original districts lie in the city itself, and share one motorway
    # index, one tax rate, one share of industry and one pupil-teacher ratio.
    city = urban + 0.6 * rng.standard_normal(rows) > 0.75
    return {
        "CRIM": _crime(urban, poverty, city, rng),
        "ZN": _large_plots(urban, rng),
        "INDUS": np.where(city, 18.1, _bounded(9.0 + 4.6 * urban, 4.2, 0.46, 27.74, rng)),
        "CHAS": (rng.random(rows) < 0.069).astype(np.float64),
        "NOX": _bounded(0.548 + 0.095 * urban + 0.022 * urban**2, 0.035, 0.385, 0.871, rng),
        "RM": _bounded(6.28 - 0.36 * poverty, 0.58, 3.56, 8.78, rng),
        "AGE": 100.0 - _bounded(32.0 - 21.0 * urban, 16.0, 0.0, 97.1, rng),
        "DIS": np.clip(np.exp(1.19 - 0.44 * urban + _noise(0.27, rows, rng)), 1.13, 12.13),
        "RAD": np.where(city, 24, rng.choice(_RAD_VALUES, rows, p=_RAD_SHARES / _RAD_SHARES.sum())),
        "TAX": np.where(city, 666, _bounded(310.0 + 28.0 * urban, 58.0, 187.0, 711.0, rng)),
        "PTRATIO": np.where(city, 20.2, _bounded(18.1 + 0.5 * urban, 2.0, 12.6, 22.0, rng)),
        "B": _b_statistic(poverty, rng),
        "LSTAT": np.clip(np.exp(2.36 + 0.46 * poverty + _noise(0.30, rows, rng)), 1.73, 37.97),
    }


def _noise(scale: float, rows: int, rng: np.random.Generator) -> Floats:
    return scale * rng.standard_normal(rows)


def _bounded(
    centre: Floats, scale: float, low: float, high: float, rng: np.random.Generator
) -> Floats:
    """Normal draws around `centre`, with what falls outside folded back from the nearer end."""
    value = centre + _noise(scale, len(centre), rng)
    value = np.where(value < low, 2 * low - value, value)
    value = np.where(value > high, 2 * high - value, value)
    return np.clip(value, low, high)


def _crime(
    urban: Floats, poverty: Floats, city: NDArray[np.bool_], rng: np.random.Generator
) -> Floats:
    """Log-normal with a long tail, an order of magnitude higher in the city."""
    log_rate = -1.70 + 0.65 * urban + 0.25 * poverty + 2.95 * city
    return np.clip(np.exp(log_rate + _noise(0.75, len(urban), rng)), 0.006, 88.98)


def _large_plots(urban: Floats, rng: np.random.Generator) -> Floats:
    """Zero for three districts in four; the others, mostly rural, in steps of 2.5 per cent."""
    rural = -urban + _noise(0.75, len(urban), rng) > 0.77
    share = 12.5 + 87.5 * rng.beta(1.1, 1.9, len(urban))
    return np.where(rural, np.round(share / 2.5) * 2.5, 0.0)


def _b_statistic(poverty: Floats, rng: np.random.Generator) -> Floats:
    """Near its maximum for most districts, anywhere below for the rest."""
    near_top = 396.9 - rng.exponential(6.0, len(poverty))
    anywhere = 396.9 * rng.beta(1.1, 0.9, len(poverty))
    low = rng.random(len(poverty)) < 0.05 + 0.07 * np.exp(0.7 * poverty).clip(max=5)
    return np.clip(np.where(low, anywhere, near_top), 0.32, 396.9)


def _price(x: dict[str, Floats], rng: np.random.Generator) -> Floats:
    """Median value in thousands of dollars, between the floor and the cap.

    The terms have the form of the published equation for the logarithm of the price. Two are
    sharper than there, as the original shows to the eye: rooms add little below about six and a
    half and much above, and mostly where few of the neighbours are poor.
    """
    rooms = 0.10 * (x["RM"] - 6.3) + 0.26 * np.logaddexp(0.0, 4.0 * (x["RM"] - 6.6)) / 4.0
    few_poor = 1.0 / (1.0 + np.exp((x["LSTAT"] - 11.0) / 2.5))
    log_price = (
        3.97
        - 0.0085 * x["CRIM"]
        + 0.0008 * x["ZN"]
        + 0.15 * x["CHAS"]
        - 0.0064 * (10.0 * x["NOX"]) ** 2
        + rooms * (0.50 + 1.1 * few_poor)
        - 0.19 * np.log(x["DIS"])
        + 0.09 * np.log(x["RAD"])
        - 0.0005 * x["TAX"]
        - 0.034 * x["PTRATIO"]
        + 0.36 * (x["B"] / 1000.0)
        - 0.34 * np.log(x["LSTAT"] / 10.0)
    )
    price = np.exp(log_price + _noise(0.13, len(log_price), rng))
    return np.clip(price, PRICE_FLOOR, PRICE_CAP)
