"""Make the sample data sets and their catalogue: `python -m sample_data.make`.

Run it after a change to a script beside it that draws a set, or to `descriptions.py`, and commit
what it writes into `sample_data/data/`. The content does not depend on when or how often it runs;
the bytes of the Parquet file name the version of pyarrow that wrote it.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from sklearn import datasets

from sample_data import boston_housing, churn, daily_sales
from sample_data.catalogue import DATA
from sample_data.descriptions import DESCRIPTIONS, Description

_DRAWN: Mapping[str, Callable[[], dict[str, Any]]] = {
    "boston_housing": boston_housing.make,
    "churn": churn.make,
    "daily_sales": daily_sales.make,
}
"""What draws each synthetic set."""


def table(name: str) -> pa.Table:
    """Make the sample called `name`, with the columns of its description in their order."""
    description = next(entry for entry in DESCRIPTIONS if entry.name == name)
    names = [column.name for column in description.columns]
    if name in _DRAWN:
        return pa.table(_DRAWN[name]()).select(names)
    return _from_scikit_learn(name, names, _kinds(description))


def write(folder: Path = DATA) -> None:
    """Write every sample and `catalogue.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [_write_sample(description, folder) for description in DESCRIPTIONS]
    text = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    (folder / "catalogue.json").write_text(text, encoding="utf-8")


def _write_sample(description: Description, folder: Path) -> dict[str, Any]:
    made = table(description.name)
    path = folder / description.file
    if path.suffix == ".parquet":
        pa.parquet.write_table(made, path, compression="zstd", compression_level=19)
    else:
        options = pa.csv.WriteOptions(quoting_style="none")
        pa.csv.write_csv(made, path, write_options=options)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {**asdict(description), "rows": made.num_rows, "sha256": digest}


def _kinds(description: Description) -> dict[str, str]:
    return {column.name: column.kind for column in description.columns}


def _from_scikit_learn(name: str, names: list[str], kinds: dict[str, str]) -> pa.Table:
    """A real set that scikit-learn carries, its columns renamed and its classes in words."""
    # The diabetes set comes standardised unless asked otherwise, which nobody could read.
    options = {"scaled": False} if name == "diabetes" else {}
    loaded = getattr(datasets, f"load_{name}")(**options)
    if name == "linnerud":  # three columns could be predicted: one of them is
        weight, waist, pulse = loaded.target.T
        columns = [*loaded.data.T, weight, pulse, waist]
        return pa.table({n: _as_kind(v, kinds[n]) for n, v in zip(names, columns, strict=True)})
    features = [_as_kind(loaded.data[:, i], kinds[names[i]]) for i in range(len(names) - 1)]
    return pa.table(dict(zip(names, [*features, _target(name, loaded)], strict=True)))


def _as_kind(values: np.ndarray, kind: str) -> pa.Array:
    return pa.array(values.astype(np.int64) if kind in ("integer", "binary") else values)


def _target(name: str, loaded: Any) -> pa.Array:
    if name == "diabetes":
        return pa.array(loaded.target.astype(np.int64))
    # The wines' classes have no names in the source, only numbers.
    words = [str(word).replace("class_", "cultivar_") for word in loaded.target_names]
    return pa.array([words[index] for index in loaded.target])


if __name__ == "__main__":
    write()
    sys.stdout.write(f"Wrote {len(DESCRIPTIONS)} samples into {DATA}\n")
