"""Unpacks gzip and zip files, and never more than was agreed on."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

from cards._tables.source import Source, refuse_inflated
from tensorrag import ParameterError
from tensorrag.quoting import quoted

CHUNK = 1 << 20
MOST_PARTS = 10_000
"""Files that an archive may have."""
_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db")


def gunzip(source: Source) -> Source:
    """Return what a gzip file holds, as a temporary file.

    Raises:
        ParameterError: it is damaged, or grows beyond all measure.
    """
    name = source.name[:-3] if source.name.lower().endswith(".gz") else source.name
    try:
        return Source(_kept(source, _gzip_members(source), source.size), name)
    except zlib.error as error:
        raise ParameterError(
            f"{source.shown} is damaged: it cannot be unpacked.", hint="Download or pack it again."
        ) from error


def open_zip(source: Source) -> zipfile.ZipFile:
    """Open a zip archive of a reasonable number of files.

    Raises:
        ParameterError: it is damaged, or has too many.
    """
    source.stream.seek(0)
    try:
        archive = zipfile.ZipFile(source.stream)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ParameterError(
            f"{source.shown} is damaged: it begins as a zip file, and is none.",
            hint="Save or download it again.",
        ) from error
    if len(archive.infolist()) > MOST_PARTS:
        raise ParameterError(
            f"{source.shown} is an archive of {len(archive.infolist()):,} files.",
            hint="Unpack it, and load the one with the table.",
        )
    return archive


def unzip(source: Source, archive: zipfile.ZipFile) -> Source:
    """Return the only file of an archive, as a temporary file.

    Raises:
        ParameterError: there are none or several, it is encrypted, or grows beyond all measure.
    """
    files = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not any(junk in info.filename for junk in _JUNK)
    ]
    if len(files) != 1:
        count = f"{len(files)} files" if files else "nothing"
        raise ParameterError(
            f"{source.shown} is a zip file that holds {count}.",
            hint="Unpack it, and load the one with the table.",
        )
    part = files[0]
    stream = _kept(source, inflated(source, part), part.compress_size)
    return Source(stream, part.filename.rsplit("/", 1)[-1])


def inflated(source: Source, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Go through the content of a part of an archive, whatever sizes the archive claims.

    Raises:
        ParameterError: it is damaged, encrypted, packed in a rare way, or not as long as it claims.
    """
    if part.flag_bits & 1:
        raise ParameterError(
            f"{source.shown} is protected by a password.", hint="Save it without one."
        )
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ParameterError(
            f"{source.shown} is packed in a way that is not known here.",
            hint="Unpack it, and load the file with the table.",
        )
    try:
        yield from _raw(source, part)
    except (zlib.error, EOFError) as error:
        raise ParameterError(
            f"{source.shown} is damaged: {quoted(part.filename)} in it cannot be unpacked.",
            hint="Save or download it again.",
        ) from error


def _raw(source: Source, part: zipfile.ZipInfo) -> Iterator[bytes]:
    stream = source.stream
    if part.header_offset < 0:
        raise EOFError
    stream.seek(part.header_offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise EOFError
    stream.seek(
        int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1
    )
    left, total, check = part.compress_size, 0, 0
    unpack = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left:
        position = stream.tell()
        packed = stream.read(min(CHUNK, left))
        if not packed:
            raise EOFError
        left -= len(packed)
        for piece in _pieces(unpack, packed) if unpack else (packed,):
            total, check = total + len(piece), zlib.crc32(piece, check)
            refuse_inflated(source, part.compress_size, total)
            yield piece
        stream.seek(position + len(packed))
    whole = unpack is None or (unpack.eof and not unpack.unused_data)
    if not whole or total != part.file_size or check != part.CRC:
        raise EOFError


def _gzip_members(source: Source) -> Iterator[bytes]:
    """Unpack all members of a gzip file, one after the other."""
    source.stream.seek(0)
    unpack, begun = zlib.decompressobj(31), False
    while packed := source.stream.read(CHUNK):
        while packed:
            begun = True
            yield from _pieces(unpack, packed)
            if not unpack.eof:
                break
            packed = unpack.unused_data.lstrip(b"\0")  # padding
            unpack, begun = zlib.decompressobj(31), False
    if begun:
        raise zlib.error("cut short")


def _pieces(unpack: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    piece = b""
    while (packed or len(piece) == CHUNK) and not unpack.eof:
        piece = unpack.decompress(packed, CHUNK)
        yield piece
        packed = unpack.unconsumed_tail  # none may be left while there is more to come out


def _kept(source: Source, pieces: Iterator[bytes], compressed: int) -> IO[bytes]:
    """Write pieces to a temporary file that goes away by itself."""
    with ExitStack() as undone:
        kept = undone.enter_context(tempfile.TemporaryFile())
        total = 0
        for piece in pieces:
            total += len(piece)
            refuse_inflated(source, compressed, total)
            kept.write(piece)
        kept.seek(0)
        undone.pop_all()  # it is handed on open
        return kept
