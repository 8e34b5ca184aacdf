"""What is shown of a trained model: how training went, its metrics, its layers, its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorrag.preview import (
    Axis,
    ChartPreview,
    CurveFace,
    Face,
    FaceNumber,
    GroupPreview,
    LayerPicture,
    MetricItem,
    MetricsPreview,
    NetworkPreview,
    NumbersFace,
    Preview,
    Series,
    Stat,
    StatsPreview,
)
from tensorrag.types.metrics import MAIN, METRICS

if TYPE_CHECKING:
    from tensorrag.types.model import Model

SHOWN_CLASSES = 20


def preview(model: Model) -> Preview:
    """Learning curve, metrics on the training rows, the network, and the facts."""
    parts: list[Preview] = []
    parts += _curves(model)
    parts.append(_metrics(model))
    if model.layers:
        parts.append(_network(model))
    parts.append(_facts(model))
    return GroupPreview(items=tuple(parts))


def face(model: Model) -> Face:
    """The loss curve where there is one, and the main metric on the training rows."""
    main, beside = MAIN[model.task]
    score = FaceNumber(
        label=f"{METRICS[main].label} train", value=model.report.train.get(main), measured=True
    )
    loss = model.report.history.get("loss")
    if not loss:
        value = model.report.train.get(beside)
        kind = METRICS[beside]
        unit = model.target_unit if kind.in_target_units else None
        second = FaceNumber(
            label=f"{kind.short or kind.label} train", value=value, unit=unit, measured=True
        )
        return NumbersFace(items=(score,) if value is None else (score, second))
    return CurveFace(
        values=tuple(loss),
        validation=tuple(model.report.history.get("validation_loss", ())) or None,
        left=FaceNumber(label="loss", value=loss[-1]),
        right=score,
    )


def _curves(model: Model) -> list[Preview]:
    """Chart what was told of each epoch: the loss, and the accuracy where there is one."""
    loss = "loss (MSE, normalised)" if model.task == "regression" else "loss (cross-entropy)"
    charts = (
        ("Learning curve", "loss", loss),
        ("Accuracy by epoch", "accuracy", "share of rows"),
    )
    return [_curve(model, *chart) for chart in charts if chart[1] in model.report.history]


def _curve(model: Model, title: str, name: str, label: str) -> Preview:
    curves = {"train": name, "validation": f"validation_{name}"}
    series = tuple(
        Series(
            name=called,
            x=tuple(range(1, len(values) + 1)),
            y=tuple(values),
            dashed=called != "train",
        )
        for called, curve in curves.items()
        if (values := model.report.history.get(curve))
    )
    return ChartPreview(
        title=title, chart="line", x=Axis(label="epoch"), y=Axis(label=label), series=series
    )


def _metrics(model: Model) -> Preview:
    dummy = model.report.baselines.get("dummy", {})
    others = {k: v for k, v in model.report.baselines.items() if k != "dummy"}
    items = tuple(
        MetricItem(
            name=name,
            label=METRICS[name].label,
            value=value,
            baseline=dummy.get(name),
            others={other: values.get(name) for other, values in others.items()},
            unit=model.target_unit if METRICS[name].in_target_units else None,
            higher_is_better=METRICS[name].higher_is_better,
        )
        for name in METRICS
        if (value := model.report.train.get(name)) is not None
    )
    return MetricsPreview(
        title="On the training rows", items=items, caption=" ".join(model.report.notes) or None
    )


def _network(model: Model) -> Preview:
    widths = model.layers or ()
    last = len(widths) - 1
    output = {"regression": "output", "binary": "output, sigmoid"}
    end = output.get(model.task, "outputs, softmax")
    labels = ["input", *(f"hidden {i}" for i in range(1, last)), end]
    layers = tuple(
        LayerPicture(type="linear", label=label, units=units)
        for label, units in zip(labels, widths, strict=True)
    )
    return NetworkPreview(
        layers=layers,
        parameters=model.parameters,
        inputs=widths[0],
        outputs=widths[-1],
    )


def _classes(model: Model) -> str | None:
    if model.classes is None:
        return None
    more = len(model.classes) - SHOWN_CLASSES
    names = ", ".join(str(name) for name in model.classes[:SHOWN_CLASSES])
    return f"{names} and {more} more" if more > 0 else names


def _facts(model: Model) -> Preview:
    return StatsPreview(
        title="Training",
        items=(
            Stat(label="model", value=model.name.replace("_", " ")),
            Stat(label="device", value=model.report.device),
            Stat(label="time", value=round(model.report.seconds, 2), unit="s"),
            Stat(label="epochs", value=len(model.report.history.get("loss", ())) or None),
            Stat(label="parameters", value=model.parameters),
            Stat(label="target", value=model.target, unit=model.target_unit),
            Stat(label="classes", value=_classes(model)),
            Stat(label="features", value=", ".join(model.features)),
        ),
    )
