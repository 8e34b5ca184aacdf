"""How well classes are told apart, beside a dummy that takes the most frequent one for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tensorrag.types.schema import Label

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Answers:
    """What was said of rows whose classes are known."""

    truth: np.ndarray
    predicted: np.ndarray
    classes: tuple[Label, ...]
    """All that the model knows, in the order of the shares."""
    shares: np.ndarray | None = None
    """How likely each class is, rows × classes; None where the model does not tell."""
    scores: np.ndarray | None = None
    """How far each row is on the side of the second of two classes, where no share tells it."""
    positive: Label | None = None
    """The class that precision and recall are of; None where there are more than two."""

    @property
    def is_positive(self) -> np.ndarray:
        """Which rows really are of the positive class."""
        found: np.ndarray = self.truth == self.positive
        return found

    @property
    def ranking(self) -> np.ndarray | None:
        """A number per row that is higher the more likely it is of the positive class."""
        at = self.classes.index(self.positive) if self.positive in self.classes else 1
        if self.shares is not None:
            return self.shares[:, at]
        return None if self.scores is None else self.scores if at == 1 else -self.scores


def positive_class(truth: np.ndarray, classes: Sequence[Label]) -> Label | None:
    """Choose which of two classes is asked for: yes, true, 1; else the rarer; else the second."""
    if len(classes) != 2:
        return None
    first, second = classes
    for one in (second, first):
        if one is True or one == 1 or str(one).strip().lower() in _YES:
            return one
    return first if 2 * int((truth == first).sum()) < len(truth) else second


_YES = frozenset({"yes", "y", "true", "t", "positive", "1"})


def classification_metrics(answers: Answers) -> dict[str, float]:
    """Measure as scikit-learn does; what cannot be measured on such rows is left out."""
    from sklearn import metrics

    truth, predicted = answers.truth, answers.predicted
    found = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": _balanced(truth, predicted),
    }
    if answers.positive is None:
        found["macro_f1"] = metrics.f1_score(truth, predicted, average="macro", zero_division=0)
    else:
        found |= _of_positive(answers)
    if answers.shares is not None:
        found["log_loss"] = float(row_losses(answers).mean())
    return {name: float(value) for name, value in found.items()}


def dummy_answers(answers: Answers, shares: Sequence[float]) -> Answers:
    """Return what a dummy says that knows only how frequent the classes were when training."""
    import numpy as np

    rows = len(answers.truth)
    usual = answers.classes[int(np.argmax(shares))]
    predicted = np.full(rows, usual, dtype=answers.truth.dtype)
    told = np.tile(np.asarray(shares, dtype=np.float64), (rows, 1))
    return Answers(answers.truth, predicted, answers.classes, told, positive=answers.positive)


def confusion(answers: Answers) -> np.ndarray:
    """Count how many rows of each class (lines) were taken for which (columns)."""
    import numpy as np

    at = {label: place for place, label in enumerate(answers.classes)}
    found = np.zeros((len(at), len(at)), dtype=np.int64)
    pairs = zip(answers.truth.tolist(), answers.predicted.tolist(), strict=True)
    known = [(at[true], at[said]) for true, said in pairs if true in at]
    np.add.at(found, tuple(np.array(known, dtype=np.int64).reshape(-1, 2).T), 1)
    return found


def _balanced(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Average the recall of the classes that there are."""
    import numpy as np

    hit = truth == predicted
    _, places = np.unique(truth, return_inverse=True)
    recalls = np.bincount(places, weights=hit) / np.bincount(places)
    return float(recalls.mean())


def _of_positive(answers: Answers) -> dict[str, float]:
    from sklearn import metrics

    truth, said = answers.is_positive, answers.predicted == answers.positive
    found = {"precision": metrics.precision_score(truth, said, zero_division=0)}
    if truth.any():
        found["recall"] = metrics.recall_score(truth, said, zero_division=0)
        found["f1"] = metrics.f1_score(truth, said, zero_division=0)
    ranking = answers.ranking
    if ranking is not None and truth.any() and not truth.all():
        found["roc_auc"] = metrics.roc_auc_score(truth, ranking)
        found["average_precision"] = metrics.average_precision_score(truth, ranking)
    if ranking is not None and answers.shares is not None:
        found["brier"] = float(((ranking - truth) ** 2).mean())
    return found


def undefined(answers: Answers) -> tuple[str, ...]:
    """Name the metrics that rows of one class cannot tell."""
    truth = answers.is_positive
    if answers.positive is None or (truth.any() and not truth.all()):
        return ()
    of_positive = () if truth.any() else ("recall", "f1")
    return (
        of_positive if answers.ranking is None else (*of_positive, "roc_auc", "average_precision")
    )


def row_losses(answers: Answers) -> np.ndarray:
    """Return of each row −log of the share that was told for the class that it really was.

    A share of 0, also of a class that the model has never seen, counts as the smallest number
    above 0 that float64 tells from it, as in scikit-learn.
    """
    import numpy as np

    shares = answers.shares
    assert shares is not None  # noqa: S101 - asked for by the caller
    at = {label: place for place, label in enumerate(answers.classes)}
    places = np.array([at.get(label, -1) for label in answers.truth.tolist()])
    told = np.where(places >= 0, shares[np.arange(len(places)), places], 0.0)
    smallest = np.finfo(np.float64).eps
    losses: np.ndarray = -np.log(np.clip(told, smallest, 1 - smallest))
    return losses
