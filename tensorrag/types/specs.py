"""Recipes for a model that is not trained yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from tensorrag.plain import JsonObject
from tensorrag.preview import (
    Face,
    FaceNumber,
    LayerPicture,
    NetworkFace,
    NetworkPreview,
    NumbersFace,
    Preview,
    Stat,
    StatsPreview,
    TextFace,
)
from tensorrag.types.schema import (
    EstimatorSpecSchema,
    Hyperparameter,
    NetworkSpecSchema,
    Schema,
)
from tensorrag.types.value import Shape, Value

FILE = "spec.json"


class _Spec(Value):
    label: ClassVar[str] = "Spec"
    shape: ClassVar[Shape] = "diamond"
    light: ClassVar[str] = "#7446d1"
    dark: ClassVar[str] = "#ab8cf5"
    teaser: ClassVar[tuple[str, ...]] = ("Ready to be trained", "after a run.")

    def save(self, folder: Path) -> JsonObject:
        """Write one JSON file."""
        (folder / FILE).write_text(json.dumps(self.to_json(), indent=1), encoding="utf-8")
        return {}

    @classmethod
    def load(cls, files: Mapping[str, Path], meta: JsonObject) -> Self:
        """Read the JSON file."""
        return cls(**json.loads(files[FILE].read_text(encoding="utf-8")))


Tunable = Sequence[Hyperparameter | Mapping[str, Any]] | None
"""What a search may vary; None where nobody has said."""


class EstimatorSpec(_Spec):
    """A scikit-learn model by name, with its hyperparameters."""

    schema_type: ClassVar[type[Schema]] = EstimatorSpecSchema

    def __init__(
        self,
        model_type: str,
        params: Mapping[str, Any] | None = None,
        tunable: Tunable = None,
    ) -> None:
        """Name the model (``"ridge"``) and give its hyperparameters (``{"alpha": 1.0}``).

        ``tunable`` says which of them a search may vary, and over which range.
        """
        self.model_type = model_type
        self.params = dict(params or {})
        self.tunable = _tunable(tunable)

    @property
    def schema(self) -> EstimatorSpecSchema:
        """Which model it is, and what can be varied."""
        return EstimatorSpecSchema(model_type=self.model_type, tunable=self.tunable)

    def varied(self, values: Mapping[str, Any]) -> EstimatorSpec:
        """The same model with some of its hyperparameters set anew."""
        return EstimatorSpec(
            self.model_type, {**self.params, **values}, _set_to(self.tunable, values)
        )

    def to_json(self) -> JsonObject:
        """Name and hyperparameters."""
        return {"model_type": self.model_type, "params": self.params} | _told(self.tunable)

    def preview(self) -> Preview:
        """Name and hyperparameters."""
        items = [Stat(label="model", value=self.model_type.replace("_", " "))]
        items += [Stat(label=name, value=_shown(value)) for name, value in self.params.items()]
        return StatsPreview(title="Model", items=tuple(items))

    def face(self) -> Face:
        """The first hyperparameters, a line each."""
        if not self.params:
            return TextFace(lines=(self.model_type.replace("_", " "), "no hyperparameters"))
        return NumbersFace(items=tuple(_face_of(*each) for each in self.params.items())[:3])


class Layer(BaseModel):
    """One node of a network's graph.

    ``type`` is the name of the layer in snake case (``linear``, ``relu``, ``batch_norm``,
    ``dropout``); ``params`` are its settings (``units`` for linear, ``p`` for dropout).
    A layer takes the outputs of ``inputs``, by id; empty means the layer before it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    type: str
    params: dict[str, Any] = Field(default_factory=dict)
    inputs: tuple[str, ...] = ()


class Trainer(BaseModel):
    """How a network is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    optimizer: Literal["adam"] = "adam"
    loss: Literal["auto", "mse"] = "auto"
    """As the target asks: squared errors of a number, cross-entropy of classes."""
    learning_rate: float = 0.001
    epochs: int = 50
    batch_size: int = 32


class NetworkSpec(_Spec):
    """A network as a graph of layers, without its input and output widths, and how to train it.

    The widths of both ends come from the table it is trained on.
    """

    schema_type: ClassVar[type[Schema]] = NetworkSpecSchema

    def __init__(
        self,
        layers: tuple[Layer, ...] | list[Any],
        trainer: Trainer | Mapping[str, Any] | None = None,
        tunable: Tunable = None,
    ) -> None:
        """Take the hidden layers in order, and the trainer's settings; plain dicts will do.

        ``tunable`` says what a search may vary, and over which range: settings of the trainer,
        ``dropout``, and ``activation``.
        """
        self.layers = tuple(Layer.model_validate(layer) for layer in layers)
        self.trainer = Trainer.model_validate(trainer or {})
        self.tunable = _tunable(tunable)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden linear layers."""
        return tuple(int(x.params["units"]) for x in self.layers if x.type == "linear")

    @property
    def schema(self) -> NetworkSpecSchema:
        """Hidden layers, epochs, rows of a batch, and what can be varied."""
        normalised = any(layer.type == "batch_norm" for layer in self.layers)
        epochs, batch = self.trainer.epochs, self.trainer.batch_size
        return NetworkSpecSchema(
            hidden=self.hidden,
            batch_norm=normalised,
            epochs=epochs,
            batch_size=batch,
            tunable=self.tunable,
        )

    def excerpt(self) -> NetworkSpec:
        """The same network, trained for one epoch."""
        once = self.trainer.model_copy(update={"epochs": 1})
        return NetworkSpec(self.layers, once, self.tunable)

    def varied(self, values: Mapping[str, Any]) -> NetworkSpec:
        """The same network with some settings anew: of its trainer, dropout, the activation."""
        trainer = {name: value for name, value in values.items() if name in Trainer.model_fields}
        rest = {name: value for name, value in values.items() if name not in trainer}
        was = {each.name: each.value for each in self.tunable or ()}
        layers = [_layer_varied(layer, rest, was.get("activation")) for layer in self.layers]
        known = {**self.trainer.model_dump(), **trainer}
        return NetworkSpec(layers, known, _set_to(self.tunable, values))

    def to_json(self) -> JsonObject:
        """Layers and trainer."""
        layers = [layer.model_dump(mode="json") for layer in self.layers]
        trainer = self.trainer.model_dump(mode="json")
        return {"layers": layers, "trainer": trainer} | _told(self.tunable)

    def preview(self) -> Preview:
        """The network as a picture; both ends are open until it meets a table."""
        pictures = tuple(
            LayerPicture(type=layer.type, label=layer.id, units=layer.params.get("units"))
            for layer in self.layers
        )
        return NetworkPreview(layers=pictures)

    def face(self) -> Face:
        """The widths, with open ends."""
        return NetworkFace(layers=(None, *self.hidden, None))


def _layer_varied(layer: Layer, values: Mapping[str, Any], activation: Any) -> Layer:
    """Set a layer's dropout or activation anew, where it is one."""
    if layer.type == "dropout" and "dropout" in values:
        return layer.model_copy(update={"params": {**layer.params, "p": values["dropout"]}})
    if layer.type == activation and "activation" in values:
        now = str(values["activation"])
        named = layer.id.replace(layer.type, now, 1)
        return layer.model_copy(update={"type": now, "id": named})
    return layer


def _tunable(said: Tunable) -> tuple[Hyperparameter, ...] | None:
    return None if said is None else tuple(map(Hyperparameter.model_validate, said))


def _set_to(
    tunable: tuple[Hyperparameter, ...] | None, values: Mapping[str, Any]
) -> tuple[Hyperparameter, ...] | None:
    """Say of what can be varied what it is set to now."""
    if tunable is None:
        return None
    return tuple(
        each.model_copy(update={"value": values.get(each.name, each.value)}) for each in tunable
    )


def _told(tunable: tuple[Hyperparameter, ...] | None) -> JsonObject:
    if tunable is None:
        return {}
    return {"tunable": [each.model_dump(mode="json", exclude_defaults=True) for each in tunable]}


def _shown(value: Any) -> str | int | float | None:
    return value if isinstance(value, str | int | float | None) else json.dumps(value)


def _face_of(name: str, value: Any) -> FaceNumber:
    """Label a hyperparameter; what is no number is said as people would say it."""
    label = name.replace("_", " ")
    if isinstance(value, int) and not isinstance(value, bool):
        return FaceNumber(label=label, value=value)
    word = {None: "none", True: "yes", False: "no"}.get(value) if _is_plain(value) else None
    text = f"{value:g}" if isinstance(value, float) else str(_shown(value))
    return FaceNumber(label=label, value=None, word=word or text)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool)
