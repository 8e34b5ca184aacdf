"""Data Load: where a pipeline begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from cards._csv import Separator
from cards._reading import fingerprint, read_table, table_schema
from sample_data import SAMPLES, Sample
from tensorrag import (
    Card,
    ColumnSchema,
    Field,
    ParameterError,
    Peek,
    Schema,
    Table,
    TableSchema,
)
from tensorrag.preview import Face, TableFace
from tensorrag.sources import local_path, upload_path
from tensorrag.types import Provenance, Value

SampleName = Literal["boston_housing", "diabetes", "iris", "wine", "breast_cancer"]


class DataLoad(Card):
    """Load a table: a sample, a file that you upload, or a file on this machine.

    CSV (the separator is detected) and Parquet are read. Column kinds come from the data.
    """

    category = "Data"
    libraries = ("pyarrow",)

    source: Literal["sample", "upload", "path"] = Field("sample", label="Load from")
    """Where the table comes from."""
    sample_name: SampleName = Field("boston_housing", label="Sample", when={"source": "sample"})
    """A table that comes with TensorRag. boston_housing is synthetic."""
    upload: str = Field("", label="File", when={"source": "upload"})
    """A CSV or Parquet file from your computer."""
    upload_name: str = Field("", label="File name", when={"source": "upload"})
    """What the uploaded file was called; its ending tells the format."""
    path: str = Field("", when={"source": "path"})
    """A CSV or Parquet file on the machine that TensorRag runs on."""
    separator: Separator = Field("auto", when={"source": ["upload", "path"]})
    """What stands between the values of a CSV file."""

    class Out(NamedTuple):
        dataset: Table

    def run(self) -> Out:
        """Read the whole table."""
        file, name = self._file()
        with self._named_field():
            table = read_table(file, name, self.separator).table
        sample = self._sample()
        if sample is None:
            return self.Out(Table(table, provenance=Provenance(source=name)))
        return self.Out(Table(table, columns=_columns(sample), provenance=_provenance(sample)))

    def propagate(self) -> TableSchema:
        """Say what is known of a sample; anything else is known once it was peeked into."""
        sample = self._sample()
        if sample is not None:
            return _sample_schema(sample)
        if self.source == "upload" and not self.upload:
            raise ParameterError(
                "No file is chosen.", field="upload", hint="Upload a CSV or Parquet file."
            )
        if self.source == "path" and not self.path:
            raise ParameterError(
                "No path is given.", field="path", hint="Type the path of a CSV or Parquet file."
            )
        return TableSchema()

    def peek(self) -> Peek:
        """Look into the source: its columns, kinds, rows, and what was detected."""
        sample = self._sample()
        if sample is not None:
            schema = _sample_schema(sample)
            return Peek(schemas=(schema,), fingerprint=sample.sha256, constant=True)
        file, name = self._file()
        with self._named_field():
            schema, details = table_schema(file, name, self.separator)
        return Peek(
            schemas=(schema,),
            fingerprint=fingerprint(file),
            constant=self.source == "upload",
            details=details,
        )

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the source."""
        if self.source == "sample":
            return self.sample_name
        return (self.upload_name or "no file yet") if self.source == "upload" else self.path

    def face(self, outputs: tuple[Value, ...]) -> Face | None:
        """Rows × columns and a tiny picture of each column, the usual target marked."""
        face = outputs[0].face()
        sample = self._sample()
        if sample is None or not isinstance(face, TableFace):
            return face
        names = [column.name for column in sample.columns]
        return face.model_copy(update={"highlight": names.index(sample.target)})

    def _sample(self) -> Sample | None:
        return SAMPLES[self.sample_name] if self.source == "sample" else None

    @contextmanager
    def _named_field(self) -> Iterator[None]:
        """Say of what is wrong with the file at which field it was chosen."""
        try:
            yield
        except ParameterError as error:
            error.field = self.source
            raise

    def _file(self) -> tuple[Path, str]:
        """Return the file, and the name that tells its format."""
        sample = self._sample()
        if sample is not None:
            return sample.path, sample.path.name
        if self.source == "upload":
            return upload_path(self.upload), self.upload_name
        file = local_path(self.path)
        return file, file.name


def _columns(sample: Sample) -> tuple[ColumnSchema, ...]:
    return tuple(ColumnSchema(name=c.name, kind=c.kind, unit=c.unit) for c in sample.columns)


def _provenance(sample: Sample) -> Provenance:
    return Provenance(source=sample.name, synthetic=sample.synthetic)


def _sample_schema(sample: Sample) -> TableSchema:
    return TableSchema(columns=_columns(sample), rows=sample.rows, provenance=_provenance(sample))
