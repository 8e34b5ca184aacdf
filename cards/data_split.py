"""Data Split: rows to learn from, and rows to be measured on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import model_validator

from cards._columns import require
from cards._dealing import by_equal_rows, by_group, by_time
from cards._repeated import rows_again
from cards._script.splitting import split
from cards._split_concerns import Dealing, concerns, counted, time_column
from cards._strata import strata_of, stratified
from tensorrag import (
    Card,
    CardError,
    Column,
    Field,
    InputError,
    ParameterError,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.preview import Face, GroupPreview, Preview, SplitFace, SplitPart, TextPreview
from tensorrag.quoting import named
from tensorrag.script import Given, Script
from tensorrag.types import Dealt, Part, Provenance, Seen, Value

if TYPE_CHECKING:
    import numpy as np

COMPARED = 1_000_000
"""Cells up to which rows of one part are looked for in another."""


class DataSplit(Card):
    """Split a table into train, validation and test rows.

    A model learns from the train rows and is measured on the test rows, which it has not seen.
    Shares are of all rows; what rounding leaves over goes to the test rows. Where several rows
    are of one customer or patient, split by group, or the model is measured on people it knows;
    where the future is to be predicted, split by time, so that it is measured on later rows.
    Where one case stands in several equal rows, keep these together. Of a table of up to a million
    cells it says which rows of a part are train rows as well.
    """

    category = "Data"
    libraries = ("numpy", "scikit-learn")
    on_new_rows = "nothing"

    train_ratio: float = Field(0.8, gt=0, lt=1, step=0.05)
    """Share of the rows to learn from."""
    test_ratio: float = Field(0.2, ge=0, lt=1, step=0.05)
    """Share of the rows to measure on."""
    validation_ratio: float = Field(0.0, ge=0, lt=1, step=0.05)
    """Share of the rows to watch while training."""
    split_by: Literal["rows", "group", "time"] = "rows"
    """Deal out single rows, whole groups of rows, or earlier and later rows."""
    group_column: Column | None = Field(None, columns_of="dataset", when={"split_by": "group"})
    """Rows with the same value here stay together: the customer, the patient, the house."""
    time_column: Column | None = Field(None, columns_of="dataset", when={"split_by": "time"})
    """The earliest rows are train rows, the latest test rows; equal times stay together."""
    gap: int = Field(0, ge=0, le=100_000, when={"split_by": "time"}, recommended=(0, 30))
    """How many different times before the next part are left out: where the outcome of a row is
    known only later, one less than it takes."""
    shuffle: bool = Field(True, when={"split_by": "rows"})
    """Mix the rows first; without it the first rows are the train rows."""
    stratify_by: Column | None = Field(
        None, columns_of="dataset", when={"split_by": ["rows", "group"]}
    )
    """Keep the shares of this column's values equal in all parts, as far as groups allow; numbers
    are put into bins."""
    together: bool = Field(False, label="Keep equal rows together", when={"split_by": "rows"})
    """Rows that are equal in every column go into one part: then none is learnt from and
    measured on as well."""
    seed: int = Field(42, ge=0, le=2**32 - 1, when={"split_by": ["rows", "group"]})
    """The same seed gives the same split."""

    class Out(NamedTuple):
        train_dataset: Table
        validation_dataset: Table
        test_dataset: Table

    @model_validator(mode="after")
    def _ratios_add_up(self) -> DataSplit:
        total = self.train_ratio + self.validation_ratio + self.test_ratio
        if abs(total - 1) > 1e-6:
            raise ParameterError(
                f"The ratios add up to {total:.6g}, not to 1.",
                field="train_ratio",
                hint="Change one of them so that train + validation + test is 1.",
            )
        if self.split_by == "rows" and self.stratify_by and not self.shuffle:
            raise ParameterError(
                "Stratifying needs shuffled rows.", field="shuffle", hint="Turn shuffle on."
            )
        if self.split_by == "rows" and self.together and not self.shuffle:
            raise ParameterError(
                "Equal rows are kept together among shuffled rows.",
                field="shuffle",
                hint="Turn shuffle on, or deal out equal rows one by one.",
            )
        return self

    def run(self, dataset: Table) -> Out:
        """Deal out the rows."""
        self._check(dataset.schema)
        train, validation, test = self._dealt(dataset, self._sizes(dataset.num_rows))
        return self.Out(
            self._part(dataset, train, "train"),
            self._part(dataset, validation, "validation"),
            self._part(dataset, test, "test"),
        )

    def propagate(self, dataset: TableSchema) -> tuple[TableSchema, TableSchema, TableSchema]:
        """Keep the columns; tell the rows of each part where the whole is known."""
        self._check(dataset)
        sizes: tuple[int | None, ...] = (None, None, None)
        if dataset.rows is not None:
            counted = self.split_by == "rows" and not self.together
            sizes = self._sizes(dataset.rows) if counted else sizes
        parts: tuple[Part, ...] = ("train", "validation", "test")
        train, validation, test = (
            dataset.model_copy(
                update={
                    "rows": rows,
                    "provenance": self._provenance(dataset.provenance, part),
                }
            )
            for rows, part in zip(sizes, parts, strict=True)
        )
        return train, validation, test

    def still_seen(self, seen: Seen, table: TableSchema) -> Seen | None:
        """Each part has some of the rows."""
        return seen.of_some_rows()

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return split(self, given)

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Say how the rows are dealt out."""
        if self.split_by != "rows":
            column = self.group_column if self.split_by == "group" else self.time_column
            more = f" · gap of {self.gap:,}" if self.split_by == "time" and self.gap else ""
            if self.split_by == "group" and self.stratify_by:
                more = f" · shares of {self.stratify_by}"
            return f"by {self.split_by} · {column or 'no column chosen'}{more}"
        if self.validation_ratio:
            shares = (self.train_ratio, self.validation_ratio, self.test_ratio)
            how = " / ".join(f"{100 * share:.4g}" for share in shares) + " %"
        else:
            how = "in order" if not self.shuffle else "shuffled"
        how = f"by {self.stratify_by}" if self.stratify_by else how
        how += " · equal rows together" if self.together else ""
        return f"{how} · seed {self.seed}" if self.shuffle else how

    def concerns(self, schemas: Mapping[str, Schema]) -> Iterator[CardError]:
        """Warn of mixing rows that follow one another in time, and of equal rows in two parts."""
        table = schemas.get("dataset")
        if isinstance(table, TableSchema):
            yield from concerns(
                Dealing(
                    by=self.split_by,
                    time=self.time_column,
                    gap=self.gap,
                    together=self.together,
                    mixed=self.shuffle,
                    stratified=bool(self.stratify_by),
                    target=self.stratify_by,
                ),
                table,
            )

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """The parts as one bar."""
        tables = [table for table in outputs if isinstance(table, Table)]
        total = sum(table.num_rows for table in tables)
        labels = ("Train", "Val.", "Test")
        return SplitFace(
            parts=tuple(
                SplitPart(label=label, share=table.num_rows / total, rows=table.num_rows)
                for label, table in zip(labels, tables, strict=True)
                if table.num_rows
            )
        )

    def previews(self, outputs: tuple[Value, ...]) -> dict[str, Preview]:
        """Say above the rows which of them are among the train rows, too."""
        shown = super().previews(outputs)
        tables = [table for table in outputs if isinstance(table, Table)]
        if sum(table.num_rows * len(table.columns) for table in tables) > COMPARED:
            return shown
        for (port, rows), again in zip(list(shown.items()), rows_again(tables), strict=True):
            if again:
                said = TextPreview(text=_said(again))
                shown[port] = GroupPreview(items=(said, rows))
        return shown

    def _check(self, schema: TableSchema) -> None:
        """Refuse to split by a column that is not chosen, not there, or no time."""
        if self.stratify_by and self.split_by != "time":
            require(schema, [self.stratify_by], field="stratify_by")
        if self.split_by == "rows":
            return
        field = f"{self.split_by}_column"
        name = self.group_column if self.split_by == "group" else self.time_column
        if not name:
            likely = time_column(schema) if self.split_by == "time" else None
            raise ParameterError(
                f"No {self.split_by} column is chosen.",
                field=field,
                hint="Choose the column to split by.",
                fix=(f"Split by {named(likely)}", likely) if likely else None,
            )
        require(schema, [name], field=field)
        column = schema.column(name)
        if self.split_by == "time" and column is not None and column.kind in ("text", "category"):
            raise ParameterError(
                f"{named(name)} is text, which has no order in time.",
                field=field,
                hint="Choose a date or a number.",
            )

    def _dealt(self, dataset: Table, sizes: tuple[int, int, int]) -> Sequence[np.ndarray]:
        """Return the rows of each part."""
        import numpy as np

        if self.split_by == "time":
            return by_time(dataset, str(self.time_column), sizes, self.gap)
        whole = self.split_by == "group" or self.together
        strata = strata_of(dataset, self.stratify_by) if whole and self.stratify_by else None
        if self.split_by == "group":
            return by_group(dataset, str(self.group_column), sizes, self.seed, strata)
        if self.together:
            return by_equal_rows(dataset, sizes, self.seed, strata)
        if self.stratify_by:
            order = stratified(dataset, self.stratify_by, sizes, self.seed)
        elif self.shuffle:
            order = np.random.default_rng(self.seed).permutation(dataset.num_rows)
        else:
            order = np.arange(dataset.num_rows)
        return np.split(order, np.cumsum(sizes)[:2])

    def _part(self, table: Table, rows: np.ndarray, part: Part) -> Table:
        provenance = self._provenance(table.provenance, part)
        return table.take(rows, provenance=provenance)

    def _provenance(self, before: Provenance, part: Part) -> Provenance:
        dealt = before.dealt
        if self.split_by != "rows":
            column = self.group_column if self.split_by == "group" else self.time_column
            dealt = Dealt(by=self.split_by, column=str(column))
        return before.model_copy(update={"part": part, "dealt": dealt})

    def _sizes(self, rows: int) -> tuple[int, int, int]:
        """Return the rows of train, validation and test; rounding goes to test."""
        train = int(rows * self.train_ratio + 1e-6)
        validation = int(rows * self.validation_ratio + 1e-6)
        test = rows - train - validation
        shares = (self.train_ratio, self.validation_ratio, self.test_ratio)
        for name, size, share in zip(
            ("train", "validation", "test"), (train, validation, test), shares, strict=True
        ):
            if share > 0 and size == 0:
                few = "1 row is" if rows == 1 else f"{rows} rows are"
                raise InputError(
                    f"{few} too few: the {name} part would be empty.",
                    port="dataset",
                    hint="Load more rows, or change the ratios.",
                )
        return train, validation, test


def _said(again: int) -> str:
    return (
        f"{counted(again, ' here')} equal to a train row in every column. If that is the same "
        "case twice, metrics of these rows are too good: keep equal rows together, or split by a "
        "group that names the case."
    )
