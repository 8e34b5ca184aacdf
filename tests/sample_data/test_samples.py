"""The samples are what their catalogue says, and the synthetic one looks like what it resembles."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from sample_data import SAMPLES, Sample, make, sample
from sample_data.catalogue import CATALOGUE, read_catalogue
from tests.clock import FULL

NAMES = [
    "boston_housing", "diabetes", "iris", "wine", "breast_cancer", "digits", "linnerud",
    "churn", "daily_sales",
]  # fmt: skip


def read(sample: Sample) -> pd.DataFrame:
    reader = pd.read_parquet if sample.path.suffix == ".parquet" else pd.read_csv
    return reader(sample.path)


@pytest.fixture(scope="module")
def boston() -> pd.DataFrame:
    return read(sample("boston_housing"))


def test_these_samples_come_along() -> None:
    assert list(SAMPLES) == NAMES


def test_an_unknown_sample_is_told_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no sample called 'moon'.*boston_housing, diabetes"):
        sample("moon")


def test_importing_is_light() -> None:
    code = (
        "import sys, sample_data; "
        "print({'pandas', 'numpy', 'sklearn', 'pyarrow', 'torch'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("name", NAMES)
class TestEverySample:
    def test_the_file_is_the_one_described(self, name: str) -> None:
        data = sample(name).path.read_bytes()
        assert hashlib.sha256(data).hexdigest() == sample(name).sha256
        assert len(data) <= 4_000_000

    def test_rows_and_columns_are_those_described(self, name: str) -> None:
        table = read(sample(name))
        assert len(table) == sample(name).rows
        assert list(table) == [column.name for column in sample(name).columns]
        assert table.notna().to_numpy().all()
        assert table.columns[-1] == sample(name).target

    def test_kinds_are_true(self, name: str) -> None:
        table = read(sample(name))
        for column in sample(name).columns:
            values = table[column.name]
            match column.kind:
                case "number":
                    assert pd.api.types.is_float_dtype(values), column
                case "integer":
                    assert pd.api.types.is_integer_dtype(values), column
                    assert values.nunique() > 2, column
                case "binary":
                    assert pd.api.types.is_integer_dtype(values), column
                    assert values.nunique() == 2, column
                case "date":
                    assert pd.to_datetime(values, format="%Y-%m-%d").is_monotonic_increasing
                case kind:
                    assert kind == "category"
                    assert pd.api.types.is_string_dtype(values), column

    def test_the_task_is_true(self, name: str) -> None:
        values = read(sample(name))[sample(name).target].nunique()
        task = "binary" if values == 2 else "multiclass" if values <= 20 else "regression"
        if sample(name).columns[-1].kind == "number":  # whatever the values, as for any table
            task = "regression"
        assert sample(name).task == task

    def test_source_and_licence_are_named(self, name: str) -> None:
        assert sample(name).source
        assert sample(name).licence
        assert sample(name).summary.endswith(".")

    def test_making_it_again_gives_the_same(self, name: str) -> None:
        made = make.table(name)
        stored = pa.Table.from_pandas(read(sample(name)), preserve_index=False)
        assert made.equals(stored.cast(made.schema))


def test_the_script_writes_what_is_committed(tmp_path: Path) -> None:
    make.write(tmp_path)

    written = read_catalogue(tmp_path / CATALOGUE.name)
    for name in NAMES:
        assert written[name].rows == sample(name).rows
        assert written[name].columns == sample(name).columns
        # CSV is the same to the byte; Parquet also names the version of its writer.
        if sample(name).path.suffix == ".csv":
            assert written[name].sha256 == sample(name).sha256


class TestBostonHousing:
    def test_says_that_it_is_synthetic(self) -> None:
        boston = sample("boston_housing")
        assert boston.synthetic
        assert "synthetic" in boston.title
        assert "synthetic" in boston.summary
        synthetic = [name for name in NAMES if SAMPLES[name].synthetic]
        assert synthetic == ["boston_housing", "churn", "daily_sales"]

    def test_has_fifty_thousand_rows_of_thirteen_features(self, boston: pd.DataFrame) -> None:
        assert boston.shape == (50_000, 14)
        assert not boston.duplicated().any()

    @pytest.mark.parametrize(
        ("column", "low", "mean", "high"),
        [
            # From the published description of the 506 rows: minimum, mean, maximum.
            ("CRIM", 0.006, 3.6, 88.98),
            ("ZN", 0.0, 11.4, 100.0),
            ("INDUS", 0.46, 11.1, 27.74),
            ("CHAS", 0, 0.069, 1),
            ("NOX", 0.385, 0.555, 0.871),
            ("RM", 3.561, 6.28, 8.78),
            ("AGE", 2.9, 68.6, 100.0),
            ("DIS", 1.13, 3.8, 12.13),
            ("RAD", 1, 9.5, 24),
            ("TAX", 187, 408, 711),
            ("PTRATIO", 12.6, 18.5, 22.0),
            ("B", 0.32, 357, 396.9),
            ("LSTAT", 1.73, 12.7, 37.97),
            ("MEDV", 5.0, 22.5, 50.0),
        ],
    )
    def test_ranges_and_means(
        self, boston: pd.DataFrame, column: str, low: float, mean: float, high: float
    ) -> None:
        values = boston[column]
        assert values.min() >= low
        assert values.max() <= high
        assert values.mean() == pytest.approx(mean, rel=0.1)
        # The range is used, not only kept.
        assert values.min() < low + 0.1 * (high - low)
        assert values.max() > high - 0.1 * (high - low)

    def test_spikes(self, boston: pd.DataFrame) -> None:
        assert 0.2 < (boston["RAD"] == 24).mean() < 0.3
        assert set(boston["RAD"]) == {*range(1, 9), 24}
        assert (boston.loc[boston["RAD"] == 24, "TAX"] == 666).all()
        assert 0.68 < (boston["ZN"] == 0).mean() < 0.78
        assert 0.01 < (boston["MEDV"] == 50).mean() < 0.05

    def test_each_feature_goes_with_the_price_as_in_the_original(
        self, boston: pd.DataFrame
    ) -> None:
        signs = np.sign(boston.corr()["MEDV"].drop("MEDV"))
        up = {name for name, sign in signs.items() if sign > 0}
        assert up == {"ZN", "CHAS", "RM", "DIS", "B"}
        assert boston.corr()["MEDV"].drop("MEDV").abs().nlargest(2).index.tolist() == [
            "RM",
            "LSTAT",
        ]

    def test_signs_of_the_effects_with_the_others_held(self, boston: pd.DataFrame) -> None:
        x = boston.drop(columns="MEDV")
        line = LinearRegression().fit((x - x.mean()) / x.std(), boston["MEDV"])
        up = {name for name, weight in zip(x, line.coef_, strict=True) if weight > 0}
        # INDUS and AGE have next to no effect of their own in the original.
        assert up - {"INDUS", "AGE"} == {"ZN", "CHAS", "RM", "RAD", "B"}

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_a_network_beats_a_line_and_neither_is_perfect(self, boston: pd.DataFrame) -> None:
        for seed in range(5 if FULL else 1):
            line, network = scores(boston, seed)
            assert network - line >= 0.05, (seed, line, network)
            assert max(line, network) <= 0.98


def scores(table: pd.DataFrame, seed: int) -> tuple[float, float]:
    """R² on the test rows of a line and of the default network, trained on the other 80 %.

    The network has learnt what is needed for its lead long before its 50 epochs are over.
    """
    import torch

    from cards._network.build import build
    from cards._network.fit import fit
    from cards._network.layers import feed_forward

    order = np.random.default_rng(seed).permutation(len(table))
    learn, test = np.split(order, [int(0.8 * len(table))])
    x, y = table.drop(columns="MEDV").to_numpy(float), table["MEDV"].to_numpy(float)
    line = LinearRegression().fit(x[learn], y[learn]).predict(x[test])

    x = (x - x[learn].mean(0)) / x[learn].std(0)
    mean, deviation = y[learn].mean(), y[learn].std()
    layers = feed_forward(13, [128, 64, 32], activation="relu", dropout=0.2)
    module = build(layers, seed=seed)
    scaled = (y[learn] - mean) / deviation
    epochs = 50 if FULL else 10
    fit(module, x[learn], scaled, epochs=epochs, batch_size=32, learning_rate=0.001, seed=seed)
    with torch.inference_mode():
        said = module(torch.from_numpy(x[test].astype(np.float32)))[:, 0].numpy()
    network = said * deviation + mean
    return r2(y[test], line), r2(y[test], network)


def r2(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    return 1.0 - float(np.mean((truth - prediction) ** 2) / np.var(truth))
