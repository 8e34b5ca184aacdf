"""A trained model, with everything that predicting needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from tensorrag.plain import JsonObject
from tensorrag.preview import Face, Preview, finite
from tensorrag.types import model_pictures
from tensorrag.types.schema import (
    ColumnSchema,
    Label,
    ModelSchema,
    Provenance,
    Recipe,
    Schema,
    Task,
)
from tensorrag.types.value import Shape, Value

OBJECT, FACTS = "model.joblib", "model.json"


@dataclass(frozen=True)
class TrainingReport:
    """What is told about a training: shown, exported, never needed for predicting."""

    device: str
    seconds: float
    train: Mapping[str, float]
    """Metrics on the training rows, un-normalised."""
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The same metrics of other models on the same rows: ``{"dummy": …, "linear": …}``."""
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """One list per curve (``loss``, ``validation_loss``), a number per epoch."""
    notes: tuple[str, ...] = ()


class Model(Value):
    """A trained model: what it takes, what it gives, and the numbers that were fitted.

    ``content`` is what is stored with joblib, and holds no class of ours, so that an exported
    model works without TensorRag. For torch it is ``{"layers": [<JSON>], "weights": {name:
    array}, "normalisation": {name: array}, "preparing": {"numbers": [name], "medians": array or
    None, "values": {name: [text]}}}``: the columns of numbers in order, and after them one of 0
    and 1 for each value of a category. For scikit-learn it is ``{"estimator": <the fitted
    pipeline>, …}``. Both have ``"takes": "matrix" or "frame", "categories":
    [name], "fills": bool``: a float64 array of the features, or a data frame of them in which the
    categories are text; ``fills`` says whether numbers may be missing (NaN). ``"seen"`` has the
    ``ranges`` of the numbers and the ``values`` of the categories of the train rows.
    """

    label: ClassVar[str] = "Model"
    shape: ClassVar[Shape] = "circle"
    light: ClassVar[str] = "#b82a75"
    dark: ClassVar[str] = "#ee72b0"
    teaser: ClassVar[tuple[str, ...]] = ("How good the model is", "appears in a run.")
    schema_type: ClassVar[type[Schema]] = ModelSchema
    unpickles: ClassVar[bool] = True

    def __init__(
        self,
        *,
        framework: Literal["sklearn", "torch"],
        name: str,
        task: Task,
        features: Sequence[str],
        target: str,
        content: JsonObject,
        report: TrainingReport,
        target_unit: str | None = None,
        classes: Sequence[Label] | None = None,
        positive: Label | None = None,
        layers: Sequence[int] | None = None,
        parameters: int | None = None,
        provenance: Provenance | None = None,
        recipe: Recipe | None = None,
        asks: Sequence[ColumnSchema] | None = None,
    ) -> None:
        """Gather a trained model.

        Args:
            framework: who can predict with it.
            name: what it is called (``"ridge"``, ``"neural_network"``).
            task: what it predicts.
            features: the columns it takes, in order.
            target: the column it predicts.
            content: what is stored, see the class.
            report: what is told about the training.
            target_unit: unit of the target.
            classes: what a classifier tells apart, in the order of its probabilities.
            positive: the class that precision and recall are of, where there are two.
            layers: widths from input to output, for networks.
            parameters: how many numbers were fitted.
            provenance: where the training rows came from.
            recipe: how the features came about; whoever runs the card adds it.
            asks: the columns that it is asked about, where the recipe makes the features.
        """
        self.framework = framework
        self.name = name
        self.task = task
        self.features = tuple(features)
        self.target = target
        self.content = content
        self.report = report
        self.target_unit = target_unit
        self.classes = tuple(classes) if classes is not None else None
        self.positive = positive
        self.layers = tuple(layers) if layers is not None else None
        self.parameters = parameters
        self.provenance = provenance or Provenance()
        self.recipe = recipe
        self.asks = tuple(asks) if asks is not None else None

    @property
    def schema(self) -> ModelSchema:
        """What it takes and gives."""
        return ModelSchema(
            name=self.name,
            framework=self.framework,
            task=self.task,
            features=self.features,
            target=self.target,
            classes=self.classes,
            positive=self.positive,
            layers=self.layers,
            parameters=self.parameters,
            provenance=self.provenance,
            recipe=self.recipe,
            asks=self.asks,
        )

    def to_json(self) -> JsonObject:
        """What it is and how training went; never its weights."""
        return {
            "task": self.task,
            "features": list(self.features),
            "target": self.target,
            **({"classes": list(self.classes)} if self.classes else {}),
            "framework": self.framework,
            "name": self.name,
            "device": self.report.device,
            "train": {name: finite(value) for name, value in self.report.train.items()},
            "history": {k: [finite(x) for x in v] for k, v in self.report.history.items()},
        }

    def save(self, folder: Path) -> JsonObject:
        """Write what predicting needs with joblib, and what is told about it as JSON."""
        import joblib

        joblib.dump(self.content, folder / OBJECT, compress=0)
        facts = {
            "name": self.name,
            "target_unit": self.target_unit,
            "schema": self.schema.model_dump(mode="json"),
            "report": {
                "device": self.report.device,
                "seconds": self.report.seconds,
                "train": dict(self.report.train),
                "baselines": {k: dict(v) for k, v in self.report.baselines.items()},
                "history": {k: list(v) for k, v in self.report.history.items()},
                "notes": list(self.report.notes),
            },
        }
        (folder / FACTS).write_text(json.dumps(facts, allow_nan=False), encoding="utf-8")
        return {}

    @classmethod
    def load_bytes(cls, contents: Mapping[str, bytes], meta: JsonObject) -> Self:
        """Read the model back from its files. Unpickles: the store verifies these bytes first."""
        import joblib

        facts = json.loads(contents[FACTS])
        schema = ModelSchema.model_validate(facts["schema"])
        report = facts["report"] | {"notes": tuple(facts["report"]["notes"])}
        apart = {"type", "name", "provenance", "recipe", "asks"}
        known: dict[str, Any] = schema.model_dump(exclude=apart)
        return cls(
            **known,
            name=facts["name"],
            target_unit=facts["target_unit"],
            provenance=schema.provenance,
            recipe=schema.recipe,
            asks=schema.asks,
            content=joblib.load(BytesIO(contents[OBJECT])),
            report=TrainingReport(**report),
        )

    def preview(self) -> Preview:
        """Learning curve, metrics on the training rows, the network, and the facts."""
        return model_pictures.preview(self)

    def face(self) -> Face:
        """The loss curve where there is one, and the main metric on the training rows."""
        return model_pictures.face(self)
