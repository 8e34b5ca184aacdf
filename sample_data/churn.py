"""A synthetic table of a telephone company's customers, and who of them left.

Everything is drawn at random; no customer of any company is in it. Those who leave are often new,
pay much, have no long contract, or have called the support often; the rest is chance.
"""

import numpy as np
from numpy.typing import NDArray

ROWS = 5_000
SEED = 2026

CONTRACTS = np.array(["monthly", "one year", "two years"])
INTERNET = np.array(["phone only", "dsl", "fibre"])


def make(rows: int = ROWS, seed: int = SEED) -> dict[str, NDArray[np.generic]]:
    """Draw the table.

    Args:
        rows: number of rows.
        seed: of the random numbers; the same seed gives the same table.

    Returns:
        Column name → array of shape (rows,).
    """
    rng = np.random.default_rng(seed)
    contract = rng.choice(3, rows, p=[0.55, 0.25, 0.20])
    internet = rng.choice(3, rows, p=[0.20, 0.40, 0.40])
    tenure = np.minimum(1 + rng.gamma(1.3 + 0.7 * contract, 18, rows).astype(np.int64), 120)
    lines = rng.random(rows) < 0.4
    charge = 18 + 16 * internet + 12 * lines + rng.normal(0, 4, rows)
    calls = rng.poisson(0.8 + 0.5 * (internet == 2))
    pull = -1.3 - 1.1 * contract - 0.03 * tenure + 0.025 * charge + 0.45 * calls
    leaves = rng.random(rows) < 1 / (1 + np.exp(-pull))
    return {
        "age": rng.integers(18, 85, rows),
        "tenure": tenure,
        "contract": CONTRACTS[contract],
        "internet": INTERNET[internet],
        "several_lines": lines.astype(np.int64),
        "monthly_charge": charge.round(2),
        "support_calls": calls.astype(np.int64),
        "churned": np.where(leaves, "yes", "no"),
    }
