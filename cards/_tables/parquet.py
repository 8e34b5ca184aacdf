"""Reads Parquet and Arrow files, after their footers were held against reason."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cards._arrow import is_text
from cards._tables.source import MOST_RATIO, Reading, Source, refuse_inflated, refuse_wide
from cards._tables.spread import (
    FREELY,
    expanded,
    is_text_or_bytes,
    meant_type,
    of_its_own,
    width_of,
    without_codes,
    without_views,
)
from tensorrag import ColumnSchema, ParameterError
from tensorrag.types.decimals import are_numbers, is_decimal
from tensorrag.types.pieces import PIECE
from tensorrag.types.spool import MOST, Spool

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MOST_BYTES = 64 * 2**30
"""Bytes that a table may have in memory, by what its footer says."""
FIRST = 5_000
"""Rows that tell of decimals whether they are many, or have fractions."""
BUFFER = 128 * 1024
"""Bytes that are read at a time of a column that is not read at once."""
PARQUET = {"format": "Parquet", "read_as": "Parquet"}
_ARROW = {"format": "Arrow", "read_as": "Arrow"}


def read_parquet(source: Source) -> Reading:
    """Read a Parquet file.

    Raises:
        ParameterError: it is damaged, or holds more than its size can mean.
    """
    with _damage(source):
        file = _opened(source)
        spool = Spool()
        table = _read(source, file, spool)
        _validate(table)
        return Reading(table, written(file.schema_arrow), spool=spool)


def read_arrow(source: Source) -> Reading:
    """Read an Arrow file, also called Feather.

    Raises:
        ParameterError: it is damaged.
    """
    import pyarrow as pa

    with _damage(source, "Arrow"):
        file = source.head(6) == b"ARROW1"
        table = (pa.ipc.open_file if file else pa.ipc.open_stream)(source.stream).read_all()
        table.validate(full=True)
        details = written(table.schema, _ARROW)
        table = without_codes(without_views(table, source), source)
        return Reading(table.replace_schema_metadata(None), details)


def written(schema: pa.Schema, details: dict[str, str] = PARQUET) -> dict[str, Any]:
    """Write down the format, and which columns have each value once, as pandas' categories do."""
    import pyarrow.types as at

    coded = [field.name for field in schema if at.is_dictionary(field.type)]
    return {**details, **({"coded": coded} if coded else {})}


def footer(source: Source) -> pq.FileMetaData | None:
    """Return what a Parquet file says of itself; None where it says nothing.

    Raises:
        ParameterError: it holds more than its size can mean.
    """
    import pyarrow as pa

    try:
        file = _opened(source)
        _refuse_bomb(source, file)
    except ParameterError:
        raise
    except (pa.ArrowException, OSError, ValueError):
        return None
    return file.metadata


def columns_of(source: Source, found: pq.FileMetaData) -> tuple[ColumnSchema, ...]:
    """Describe columns by their types, decimals by the first rows, too.

    Whole numbers, text, and decimals of few values could be several kinds.
    """
    fields = list(found.schema.to_arrow_schema())
    first = _first_rows(source, [field.name for field in fields if is_decimal(field.type)])
    numbers = {name for name, column in first.items() if are_numbers(column)}
    return tuple(
        ColumnSchema(name=field.name, kind="number")
        if field.name in numbers
        else _certain(field.name, field.type)
        for field in fields
    )


def _first_rows(source: Source, names: list[str]) -> dict[str, pa.Array]:
    """Return the first values of some columns, without reading more; none of a damaged file."""
    import pyarrow as pa

    if not names:
        return {}
    try:
        file = _opened(source, buffer=BUFFER)
        batch = next(file.iter_batches(FIRST, row_groups=[0], columns=names), None)
    except (pa.ArrowException, OSError, ValueError):
        return {}
    return {} if batch is None else dict(zip(batch.schema.names, batch.columns, strict=True))


def _opened(source: Source, coded: Sequence[str] = (), buffer: int = 0) -> pq.ParquetFile:
    """Open a file; texts in ``coded`` are read as one copy of each, and their places.

    With a ``buffer``, in bytes, columns are read piece by piece instead of at once.
    """
    import pyarrow.parquet as pq

    source.stream.seek(0)
    return pq.ParquetFile(
        source.native,
        read_dictionary=list(coded),
        page_checksum_verification=True,
        pre_buffer=False,
        buffer_size=buffer,
    )


def _read(source: Source, file: pq.ParquetFile, spool: Spool) -> pa.Table:
    """Read a file whose footer is within reason; texts are counted before they are spread out.

    A text may be stored once and meant a million times. What the footer says of single columns
    is not asked: where it is damaged, that ends the process.
    """
    _refuse_bomb(source, file)
    texts = [field.name for field in file.schema_arrow if is_text_or_bytes(meant_type(field.type))]
    if not texts:
        return _in_pieces(source, spool) if _is_long(file) else _plain(file.read())
    coded = _opened(source, texts).read()
    refuse_inflated(source, source.size, sum(expanded(coded[n]) for n in texts), freely=FREELY)
    for name in texts:
        index, kind = coded.column_names.index(name), meant_type(file.schema_arrow.field(name).type)
        coded = coded.set_column(index, name, coded[name].cast(of_its_own(kind)))
    return _plain(coded)


def _is_long(file: pq.ParquetFile) -> bool:
    """Whether to read it in pieces: not where it is short, or too wide for them."""
    width = sum(width_of(field.type) for field in file.schema_arrow)
    return bool(file.metadata.num_rows > 2 * PIECE and width * PIECE <= MOST)


def _in_pieces(source: Source, spool: Spool) -> pa.Table:
    """Read rows after rows: to hold all of them, and then write them, takes twice the memory.

    A store is asked for each column of a row group once, and not for each piece of it. Where there
    is no room for a file, or where it cannot hold such columns in pieces, all is read at once.
    """
    import pyarrow as pa

    file = _opened(source, buffer=BUFFER if source.version is None else 0)
    pieces = (pa.Table.from_batches([each]) for each in file.iter_batches(PIECE))
    with suppress(pa.ArrowException, OSError):
        return spool.joined(map(_plain, pieces))
    return _plain(_opened(source).read())


def _plain(table: pa.Table) -> pa.Table:
    """Leave out what programs write beside a table for themselves."""
    return table.replace_schema_metadata(None)


def _refuse_bomb(source: Source, file: pq.ParquetFile) -> None:
    """Refuse more rows and columns than a file of this size can mean.

    The file's own count of bytes is no help: a column in which every value is the same takes none.
    """
    found = file.metadata
    refuse_wide(found.num_columns, source)
    width = sum(width_of(field.type) for field in file.schema_arrow)
    most = found.num_rows * width
    if most > FREELY and most > MOST_RATIO * source.size:
        refuse_inflated(source, source.size, most, freely=FREELY)
    if most > MOST_BYTES:
        raise ParameterError(
            f"{source.shown} holds {most / 2**30:,.0f} GB of values, more than is read at once.",
            hint="Write a part of it: fewer columns or rows.",
        )


def _validate(table: pa.Table) -> None:
    """Look at texts, whose bytes may be none; numbers can be anything."""
    table.validate()
    for name in (field.name for field in table.schema if is_text(field.type)):
        table[name].validate(full=True)


class _damage:
    """Say of whatever goes wrong inside that the file is damaged."""

    def __init__(self, source: Source, kind: str = "Parquet") -> None:
        self._source, self._kind = source, kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, ParameterError):
            raise ParameterError(
                f"{self._source.shown} is damaged or is no {self._kind} file.",
                hint="Export it again, or choose another file.",
            ) from error


def _certain(name: str, kind: pa.DataType) -> ColumnSchema:
    import pyarrow.types as at

    if at.is_boolean(kind):
        return ColumnSchema(name=name, kind="binary")
    dated = at.is_date(kind) or at.is_timestamp(kind) or at.is_time(kind)
    return ColumnSchema(name=name, kind="date" if dated else None)
