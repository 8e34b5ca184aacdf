"""Pictures of how classes are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cards._measuring.classification import Answers, confusion
from tensorrag.preview import (
    Axis,
    ChartPreview,
    ConfusionPreview,
    Preview,
    RowsPreview,
    Series,
    ThresholdsPreview,
)

if TYPE_CHECKING:
    import numpy as np

DRAWN = 20
"""Classes whose confusion is drawn, at most."""
POINTS = 200
"""Points of a curve."""
BINS = 10
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def class_pictures(said: Answers) -> tuple[Preview, ...]:
    """Show who was taken for whom; of two classes also what each threshold would do."""
    counts = confusion(said)
    pictures: list[Preview] = []
    if len(said.classes) <= DRAWN:
        pictures.append(_confusion(said, counts))
    if said.positive is None:
        return (*pictures, _per_class(said, counts))
    return (*pictures, *_two_classes(said))


def _decided(told: np.ndarray, said: Answers) -> np.ndarray:
    """Move shares of one half to the side that the model chose, so that both say the same."""
    import numpy as np

    tied = (told == 0.5) & (said.predicted != said.positive)
    return np.where(tied, np.nextafter(0.5, 0), told)


def _confusion(said: Answers, counts: np.ndarray) -> Preview:
    wrong = int(counts.sum() - counts.trace())
    return ConfusionPreview(
        title="Confusion matrix",
        classes=tuple(map(str, said.classes)),
        counts=tuple(tuple(int(count) for count in line) for line in counts),
        note=f"{wrong:,} of {int(counts.sum()):,} rows wrong",
        caption="A line for each actual class, a column for what was predicted.",
    )


def _per_class(said: Answers, counts: np.ndarray) -> Preview:
    rows = []
    for at, label in enumerate(said.classes):
        hit, real, told = int(counts[at, at]), int(counts[at].sum()), int(counts[:, at].sum())
        precision, recall = hit / told if told else 0.0, hit / real if real else 0.0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        rows.append((str(label), precision, recall, f1, real))
    heads = ("Class", "Precision", "Recall", "F1", "Rows")
    return RowsPreview(title="Per class", columns=heads, rows=tuple(rows))


def _two_classes(said: Answers) -> Iterator[Preview]:
    truth, ranking = said.is_positive, said.ranking
    if ranking is None or truth.all() or not truth.any():
        return
    if said.shares is not None:
        yield moving(truth, _decided(ranking, said), said)
    yield _roc(truth, ranking)
    yield _precision_recall(truth, ranking)
    if said.shares is not None:
        yield _calibration(truth, ranking)
        yield _thresholds(truth, _decided(ranking, said), str(said.positive))


def _roc(truth: np.ndarray, ranking: np.ndarray) -> Preview:
    from sklearn.metrics import roc_auc_score, roc_curve

    false, true, _ = roc_curve(truth, ranking)
    return ChartPreview(
        title="ROC curve",
        chart="line",
        x=Axis(label="false positive rate"),
        y=Axis(label="true positive rate"),
        series=(_curve("model", false, true),),
        diagonal=True,
        shares=True,
        note=f"area {roc_auc_score(truth, ranking):.3f}",
        caption="The diagonal is what guessing would do.",
    )


def _precision_recall(truth: np.ndarray, ranking: np.ndarray) -> Preview:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, _ = precision_recall_curve(truth, ranking)
    share = float(truth.mean())
    return ChartPreview(
        title="Precision and recall",
        chart="line",
        x=Axis(label="recall"),
        y=Axis(label="precision"),
        series=(
            _curve("model", recall[::-1], precision[::-1]),
            Series(name="guessing", x=(0.0, 1.0), y=(share, share), dashed=True),
        ),
        shares=True,
        note=f"average precision {average_precision_score(truth, ranking):.3f}",
        caption="The dashed line is what guessing would do.",
    )


def _calibration(truth: np.ndarray, told: np.ndarray) -> Preview:
    import numpy as np

    bins = np.minimum((told * BINS).astype(int), BINS - 1)
    there = [at for at in range(BINS) if (bins == at).any()]
    return ChartPreview(
        title="Calibration",
        chart="line",
        x=Axis(label="predicted probability"),
        y=Axis(label="share that really was"),
        series=(
            Series(
                name="model",
                x=tuple(float(told[bins == at].mean()) for at in there),
                y=tuple(float(truth[bins == at].mean()) for at in there),
            ),
        ),
        diagonal=True,
        shares=True,
        note=f"{len(there)} bins",
        caption="On the diagonal, 70 % means that 7 of 10 such rows really are.",
    )


def moving(truth: np.ndarray, told: np.ndarray, said: Answers) -> ThresholdsPreview:
    """Count who would be taken for whom from each share on."""
    import numpy as np

    levels = np.arange(101) / 100
    yes, no = np.sort(told[truth]), np.sort(told[~truth])
    missed, right = np.searchsorted(yes, levels), np.searchsorted(no, levels)
    lines = zip(len(yes) - missed, len(no) - right, missed, right, strict=True)
    negative = next(label for label in said.classes if label != said.positive)
    return ThresholdsPreview(
        title="Threshold",
        positive=str(said.positive),
        negative=str(negative),
        positive_first=said.classes[0] == said.positive,
        counts=tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in lines),
        caption="Predict takes it as its threshold. Chosen by these rows, it looks a little better "
        "here than on new ones.",
    )


def _thresholds(truth: np.ndarray, told: np.ndarray, positive: str) -> Preview:
    rows = []
    for threshold in THRESHOLDS:
        said = told >= threshold
        hit, taken, real = int((said & truth).sum()), int(said.sum()), int(truth.sum())
        precision, recall = hit / taken if taken else 0.0, hit / real
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        rows.append((f"{threshold:.1f}", precision, recall, f1, taken))
    heads = ("Threshold", "Precision", "Recall", "F1", "Rows taken")
    return RowsPreview(title=f"Taken for {positive} from", columns=heads, rows=tuple(rows))


def _curve(name: str, x: np.ndarray, y: np.ndarray) -> Series:
    import numpy as np

    shown = np.unique(np.linspace(0, len(x) - 1, min(POINTS, len(x))).astype(int))
    return Series(name=name, x=tuple(x[shown]), y=tuple(y[shown]))
