"""The sample pipelines that come along, as files.

>>> pipeline_path("boston_housing").name
'boston_housing.json'
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "pipelines"

PIPELINES = (
    "boston_housing",
    "network_or_line",
    "my_table",
    "look_at_a_table",
    "linear_ridge_lasso",
    "diabetes",
    "breast_cancer",
    "churn",
    "hyperparameter_search",
    "house_prices",
    "forecast",
)
"""Names of the sample pipelines; `boston_housing`, with which the editor opens, comes first."""


@dataclass(frozen=True, slots=True)
class PipelineFile:
    """A sample pipeline: what the start page says about it, and where it lies."""

    name: str
    title: str
    summary: str
    cards: int
    """How many cards it has."""
    needs_file: bool
    """Whether a table of one's own must be uploaded before it runs."""
    path: Path


def pipeline_path(name: str) -> Path:
    """Return the file of the sample pipeline called `name`.

    Raises:
        KeyError: there is none; the message names those that there are.
    """
    if name not in PIPELINES:
        known = ", ".join(PIPELINES)
        raise KeyError(f"There is no sample pipeline called {name!r}. There are: {known}.")
    return FOLDER / f"{name}.json"


def sample_pipelines() -> Mapping[str, PipelineFile]:
    """Describe every sample pipeline by name, in the order of `PIPELINES`."""
    return {name: _describe(name) for name in PIPELINES}


def _describe(name: str) -> PipelineFile:
    path = pipeline_path(name)
    content = json.loads(path.read_text(encoding="utf-8"))
    nodes = content["nodes"]
    needs_file = any(node["params"].get("source") == "upload" for node in nodes)
    return PipelineFile(name, content["name"], content["description"], len(nodes), needs_file, path)
