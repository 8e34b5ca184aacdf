"""What the form of a card is drawn from: its fields, their values, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorrag.check.problems import Problem
from tensorrag.types import ColumnSchema, Hyperparameter
from web.page.form.fields import FieldSpec, defaults

Columns = Sequence[ColumnSchema] | None
Tunable = Sequence[Hyperparameter] | None
MAX_DETAIL = 200
"""Characters shown of what was detected."""


@dataclass(frozen=True)
class Form:
    """What the settings of one card are drawn from."""

    node: str
    specs: Sequence[FieldSpec]
    params: Mapping[str, Any]
    """Raw, as in the document; a parameter that is not there has its default."""
    columns: Mapping[str, Columns] = field(default_factory=dict)
    """Columns of each input, None where they are not known."""
    problems: Sequence[Problem] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """What was detected at the card's source; empty where nobody looked, or it is unreadable."""
    tunable: Mapping[str, Tunable] = field(default_factory=dict)
    """What can be varied of the model at each input, None where that is not known."""
    secrets: Sequence[str] = ()
    """Names of the secrets that there are."""
    uploading: str | None = None
    """Name of the file on its way to the server."""

    def value(self, spec: FieldSpec) -> Any:
        """Return a parameter's value, or its default."""
        return self.params.get(spec.name, spec.default)

    def values(self) -> dict[str, Any]:
        """Return every parameter, defaults included."""
        return {**defaults(self.specs), **self.params}

    def visible(self) -> list[FieldSpec]:
        """Return the parameters that matter for the choices made and for the source."""
        values = self.values()
        return [spec for spec in self.specs if spec.active(values) and self._fits_source(spec)]

    def _fits_source(self, spec: FieldSpec) -> bool:
        """Tell whether there is something to override: a Parquet file has no separator."""
        if spec.detail is None or spec.kind != "choice" or self.value(spec) != spec.default:
            return True
        if spec.choices_of is not None:
            return len(self.choices(spec)) > 2
        unreadable = any(
            problem.code in ("source_unreadable", "source_outside") for problem in self.problems
        )
        return spec.detail in self.details or (unreadable and not self.details)

    def choices(self, spec: FieldSpec) -> list[Any]:
        """Return what a parameter can be, its default first where the source has the choices."""
        if spec.choices_of is None:
            return list(spec.choices)
        found = self.details.get(spec.choices_of)
        listed = found if isinstance(found, list | tuple) else []
        return [spec.default, *(name for name in listed if isinstance(name, str))]

    def detected(self, spec: FieldSpec) -> str:
        """Return what was detected of a parameter, as text; empty where nothing was."""
        found = self.details.get(spec.detail or "")
        return str(found)[:MAX_DETAIL] if isinstance(found, str | int | float) else ""

    def wrong(self, name: str) -> list[Problem]:
        """Return what is wrong with a parameter."""
        return [problem for problem in self.problems if problem.field == name]


def is_error(wrong: Sequence[Problem]) -> bool:
    """Tell whether any of these keeps the card from running."""
    return any(problem.level == "error" for problem in wrong)
