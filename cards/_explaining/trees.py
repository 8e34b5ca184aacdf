"""A decision tree as a picture: its questions, and where they lead."""

from __future__ import annotations

from typing import Any

from cards._learning.terms import terms
from tensorrag import Model
from tensorrag.preview import Branch, TreePreview

DEEPEST = 4
"""Questions from the top to an end that are drawn."""


def tree_picture(model: Model) -> TreePreview | None:
    """Draw a decision tree, or the first tree of a forest; None for other models."""
    estimator: Any = model.content.get("estimator")
    last: Any = estimator[-1] if hasattr(estimator, "steps") else None
    trees = getattr(last, "estimators_", None)
    first: Any = trees[0] if isinstance(trees, list) and trees else last
    if not hasattr(first, "tree_"):
        return None
    names = terms(estimator[:-1], model.features)
    deep = int(first.get_depth())
    which = f"The first of {len(trees)} trees; the others differ. " if trees else ""
    cut = f"Its first {DEEPEST} levels of {deep} are drawn. " if deep > DEEPEST else ""
    return TreePreview(
        title="First tree of the forest" if trees else "Decision tree",
        root=_Drawing(model, first, names).branch(0, "all rows", 0),
        measured=model.target,
        unit=model.target_unit,
        note=f"{int(first.get_n_leaves()):,} ends, {deep} deep",
        caption=f"{which}{cut}Rows are counted while it was trained.",
    )


class _Drawing:
    def __init__(self, model: Model, tree: Any, names: list[str]) -> None:
        self._model, self._tree, self._names = model, tree.tree_, names

    def branch(self, node: int, said: str, depth: int) -> Branch:
        tree = self._tree
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        below: tuple[Branch, ...] = ()
        if left >= 0 and depth < DEEPEST:
            yes, no = self._ways(node)
            below = (self.branch(left, yes, depth + 1), self.branch(right, no, depth + 1))
        answer, share = self._answer(node)
        return Branch(
            said=said, rows=int(tree.n_node_samples[node]), answer=answer, share=share,
            below=below, more=left >= 0 and not below,
        )  # fmt: skip

    def _ways(self, node: int) -> tuple[str, str]:
        """Say which rows go left, and which right."""
        name, limit = self._names[int(self._tree.feature[node])], float(self._tree.threshold[node])
        if " = " in name and 0 <= limit < 1:
            return name.replace(" = ", " is not ", 1), name
        if name.endswith(" is missing") and 0 <= limit < 1:
            return name.replace(" is missing", " is there"), name
        return f"{name} ≤ {limit:.4g}", f"{name} > {limit:.4g}"

    def _answer(self, node: int) -> tuple[float | str, float | None]:
        """Return what it says of such rows, and of classes how likely that is."""
        values = self._tree.value[node][0]
        if self._model.task == "regression":
            return float(values[0]), None
        at = int(values.argmax())
        classes = self._model.classes or ()
        return str(classes[at]), float(values[at] / values.sum())
