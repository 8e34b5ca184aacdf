"""Data Load: where a pipeline begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, NamedTuple

from cards._script.loading import load
from cards._tables.bucket import EXAMPLE, name_in, placed
from cards._tables.download import download, name_of
from cards._tables.objects import Keys, opened
from cards._tables.reading import fingerprint, look, read_table, stamp, steady
from cards._tables.source import Choices, DecimalMark, Encoding, Separator, Source, Unchanged
from cards._tables.workbook import NoSuchSheet
from sample_data import SAMPLES, Sample
from tensorrag import (
    Card,
    ColumnSchema,
    Field,
    ParameterError,
    Peek,
    Schema,
    Secret,
    Table,
    TableSchema,
)
from tensorrag.errors import ErrorInfo
from tensorrag.preview import Face, TableFace
from tensorrag.script import Given, Script
from tensorrag.sources import known_stamp, note_read, open_path, open_upload
from tensorrag.types import Provenance, Value
from tensorrag.types.looking import with_seen

_FILE = {"source": ["upload", "path", "url", "bucket"]}
_BUCKET = {"source": "bucket"}
_KINDS = "a CSV, Excel, Parquet or JSON lines file"

SampleName = Literal[
    "boston_housing", "diabetes", "iris", "wine", "breast_cancer", "digits", "linnerud",
    "churn", "daily_sales",
]  # fmt: skip


class DataLoad(Card):
    """Load a table: a sample, a file that you upload, or one on this machine, the web, or a bucket.

    CSV (separator, encoding and decimal mark are detected), Excel, Parquet, Arrow and JSON lines
    are read, also packed with gzip or zip. Column kinds come from the data: decimals of few values
    that are all whole, such as 0.0 and 1.0, are whole numbers; codes that begin with a zero, such
    as 01067, stay text in a CSV file, and so do whole numbers of more digits than 64 bits hold.
    What is not a number (NaN) is missing. Under Columns a kind can be corrected, which a card
    Change Kinds then does. Times with an offset such as +01:00 become times in UTC. Paths are read
    inside the allowed folders of the settings only, addresses from the internet at large and never
    from a network of one's own. Buckets are Amazon's, Google's and RunPod's, or any that speaks S3
    at a host which the settings allow.
    """

    category = "Data"
    libraries = ("pyarrow", "python-calamine")

    source: Literal["sample", "upload", "path", "url", "bucket"] = Field(
        "sample", label="Load from"
    )
    """Where the table comes from."""
    sample_name: SampleName = Field("boston_housing", label="Sample", when={"source": "sample"})
    """A table that comes with TensorRag; boston_housing, churn and daily_sales are synthetic."""
    upload: str = Field("", label="File", when={"source": "upload"}, detail="read_as")
    """A CSV, Excel, Parquet or JSON lines file from your computer, up to 100 MB."""
    upload_name: str = Field("", label="File name", when={"source": "upload"})
    """What the uploaded file was called."""
    path: str = Field("", when={"source": "path"}, detail="read_as")
    """A CSV, Excel, Parquet or JSON lines file on the machine that TensorRag runs on."""
    url: str = Field("", when={"source": "url"}, detail="read_as", label="Address")
    """A CSV, Excel, Parquet or JSON lines file on the web, https://…, up to 512 MB."""
    bucket: str = Field("", when=_BUCKET, detail="read_as", label="Address")
    """A file in a bucket: s3://bucket/key, gs://bucket/key or runpod://volume/path."""
    access_key: Secret | None = Field(None, when=_BUCKET)
    """The secret with the id of the key. None where anybody may read. Of Google: an HMAC key."""
    secret_key: Secret | None = Field(None, when=_BUCKET)
    """The secret with the key itself."""
    region: str = Field("", when=_BUCKET, max_length=30)
    """Of Amazon: found out where it is empty. Of RunPod: the data centre, such as EU-RO-1."""
    endpoint: str = Field("", when=_BUCKET)
    """https://… of another store that speaks S3, an allowed host of the settings."""
    sheet: str = Field("", when=_FILE, detail="sheet", choices_of="sheets")
    """The sheet of an Excel workbook; the first one where none is chosen."""
    separator: Separator = Field("auto", when=_FILE, detail="separator")
    """What stands between the values of a CSV file."""
    encoding: Encoding = Field("auto", when=_FILE, detail="encoding")
    """How the letters of a CSV or JSON lines file are written."""
    decimal_mark: DecimalMark = Field("auto", when=_FILE, detail="decimal_mark")
    """What stands before the fraction of a number in a CSV file: 1.5 or 1,5."""

    class Out(NamedTuple):
        dataset: Table

    def run(self) -> Out:
        """Read the whole table."""
        with self._opened() as source:
            with steady(source):
                read = read_table(source, self._choices())
            note_read(self._mark(source))
        sample = self._sample()
        if sample is None:
            provenance = Provenance(source=source.name)
            return self.Out(Table(read.table, provenance=provenance, spool=read.spool))
        return self.Out(Table(read.table, columns=_columns(sample), provenance=_provenance(sample)))

    def propagate(self) -> TableSchema:
        """Say what is known of a sample; anything else is known once it was peeked into."""
        sample = self._sample()
        if sample is not None:
            return _sample_schema(sample)
        self._refuse_nothing()
        return TableSchema()

    def peek(self) -> Peek:
        """Look into the source: its columns, kinds, rows, and what was detected."""
        sample = self._sample()
        if sample is not None:
            schema = with_seen(self.run().dataset)
            return Peek(schemas=(schema,), fingerprint=sample.sha256, constant=True)
        try:
            with self._opened(unless=known_stamp()) as source:
                before = stamp(source)  # it may be written while it is read
                seen, mark = look(source, self._choices()), self._mark(source)
        except Unchanged:
            return Peek(same=True)
        except NoSuchSheet as error:
            return Peek(error=ErrorInfo.of(error), field="sheet", details={"sheets": error.sheets})
        constant = self.source == "upload"
        facts = {"fingerprint": mark, "stamp": before, "constant": constant}
        return seen.model_copy(update=facts)

    def script(self, given: Given) -> Script:
        """Write it as plain Python."""
        return load(self, given)

    @contextmanager
    def script_file(self) -> Iterator[IO[bytes]]:
        """Open the file that the script reads."""
        with self._opened() as source:
            yield source.stream

    def brief(self, schemas: Mapping[str, Schema]) -> str:
        """Name the source."""
        if self.source == "sample":
            return self.sample_name
        if self.source == "upload":
            return self.upload_name or "no file yet"
        if self.source == "url":
            return name_of(self.url) if self.url else "no address yet"
        if self.source == "bucket":
            return name_in(self.bucket) or "no address yet"
        return Path(self.path.strip()).name or "no path yet"

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

    @property
    def _digest(self) -> str:
        return self.upload.removeprefix("sha256:")

    def _mark(self, source: Source) -> str:
        """Return what changes when the content does; an upload was held to its digest."""
        sample = self._sample()
        if sample is not None:
            return sample.sha256
        return self._digest if self.source == "upload" else fingerprint(source)

    def _choices(self) -> Choices:
        if self.source == "sample":
            return Choices()
        return Choices(self.separator, self.encoding, self.decimal_mark, self.sheet)

    def _refuse_nothing(self) -> None:
        """Say that it is yet to be chosen what is read."""
        if self.source == "upload" and not self.upload:
            raise ParameterError("No file is chosen.", field="upload", hint=f"Upload {_KINDS}.")
        if self.source == "path" and not self.path:
            raise ParameterError(
                "No path is given.", field="path", hint=f"Type the path of {_KINDS}."
            )
        if self.source == "url" and not self.url:
            raise ParameterError(
                "No address is given.", field="url", hint=f"Paste the https address of {_KINDS}."
            )
        if self.source == "bucket" and not self.bucket:
            raise ParameterError(
                "No address is given.", field="bucket", hint=f"Write it as {EXAMPLE}."
            )

    @contextmanager
    def _opened(self, unless: str | None = None) -> Iterator[Source]:
        """Open the file; what is wrong with it is said at the field it was chosen in.

        Raises Unchanged where it need be fetched, and still looks from outside like ``unless``.
        """
        self._refuse_nothing()
        try:
            with self._stream(unless) as source:
                yield source
        except ParameterError as error:
            error.field = error.field or self.source
            raise

    @contextmanager
    def _stream(self, unless: str | None) -> Iterator[Source]:
        """Open the file, and say what it is called."""
        sample = self._sample()
        if sample is not None:
            with sample.path.open("rb") as stream:
                yield Source(stream, sample.path.name)
        elif self.source == "upload":
            with open_upload(self.upload) as stream:
                source = Source(stream, self.upload_name)
                if fingerprint(source) != self._digest:
                    raise ParameterError(
                        f"What is kept of {source.shown} is not what was uploaded: it is damaged.",
                        hint="Upload the file again.",
                    )
                yield source
        elif self.source == "url":
            fetched = download(self.url, unless=unless)
            with fetched.stream as stream:
                yield Source(stream, name_of(self.url), tag=fetched.tag)
        elif self.source == "bucket":
            place = placed(self.bucket, self.region, self.endpoint)
            keys = Keys(self.access_key, self.secret_key)
            with opened(place, keys, unless) as (stream, version):
                yield Source(stream, place.name, version)
        else:
            with open_path(self.path) as stream:
                yield Source(stream, Path(self.path.strip()).name)


def _columns(sample: Sample) -> tuple[ColumnSchema, ...]:
    return tuple(
        ColumnSchema(name=c.name, kind=c.kind, unit=c.unit, missing=0) for c in sample.columns
    )


def _provenance(sample: Sample) -> Provenance:
    return Provenance(source=sample.name, synthetic=sample.synthetic)


def _sample_schema(sample: Sample) -> TableSchema:
    return TableSchema(columns=_columns(sample), rows=sample.rows, provenance=_provenance(sample))
