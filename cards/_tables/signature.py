"""Tells what a file is: from its content first, from its name only where that leaves it open."""

from __future__ import annotations

import json
import re
from typing import Literal

from cards._tables.source import Source
from tensorrag import ParameterError

Format = Literal["delimited", "parquet", "arrow", "gzip", "zip", "ole", "json lines", "json array"]

READ = "Choose a CSV, Excel, Parquet or JSON lines file."
_TABLES: tuple[tuple[bytes, Format], ...] = (
    (b"PAR1", "parquet"),
    (b"ARROW1\0\0", "arrow"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xff\xff\xff\xff", "arrow"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_PICKLE = "a Python pickle, which could run anything when it is read"
_NO_TABLES: tuple[tuple[bytes, str], ...] = (
    (rb"\x89PNG", "a PNG picture"),
    (rb"\xff\xd8\xff", "a JPEG picture"),
    (rb"GIF8", "a GIF picture"),
    (rb"%PDF", "a PDF document"),
    (rb"\x80[\x02-\x05][\x00-\xff]", _PICKLE),
    (rb"\x89HDF", "an HDF5 file"),
    (rb"\x93NUMPY", "a NumPy file"),
    (rb"SQLite format 3", "an SQLite database"),
    (rb"BZh[1-9]", "compressed with bzip2"),
    (rb"\xfd7zXZ", "compressed with xz"),
    (rb"\x28\xb5\x2f\xfd", "compressed with Zstandard"),
    (rb"7z\xbc\xaf", "a 7-Zip archive"),
    (rb"Rar!", "a RAR archive"),
    (rb"Obj\x01", "an Avro file"),
    (rb"ORC", "an ORC file"),
    (rb"\x7fELF|MZ\x90", "a program"),
)
_OLD_PICKLE = re.compile(rb"c[\w.]+\n[\w.]+\n[(\x80pq]")
"""The first protocol is text; no table has three such lines."""
_WEB = re.compile(rb"\s*<(!doctype|!--|html|head|body)", re.IGNORECASE)
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
"""Control characters that no text has."""


def tell(source: Source, head: bytes) -> Format:
    """Return what a file is.

    Raises:
        ParameterError: it is no table; says what it is instead.
    """
    for signature, known in _TABLES:
        if head.startswith(signature):
            return known
    if _OLD_PICKLE.match(head):
        raise ParameterError(f"{source.shown} is not a table: it is {_PICKLE}.", hint=READ)
    for pattern, what in _NO_TABLES:
        sure = not head[:1].isascii() or head.startswith(b"%PDF") or _NO_TEXT.search(head)
        if sure and re.match(pattern, head):  # a CSV file may begin with GIF8 or ORC
            raise ParameterError(f"{source.shown} is not a table: it is {what}.", hint=READ)
    if _WEB.match(head):
        raise ParameterError(
            f"{source.shown} is a web page, not a table.",
            hint="Download the file itself and upload that.",
        )
    if head.lstrip().startswith(b"<?xml"):
        raise ParameterError(f"{source.shown} is not a table: it is XML.", hint=READ)
    if source.name.lower().endswith((".parquet", ".pq")) and is_no_text(head):
        return "parquet"
    one_line = source.size == len(head) and len(head.strip().splitlines()) < 2
    called = source.name.lower().endswith((".xlsx", ".xlsm", ".xls"))
    if called and (one_line or is_no_text(head)):
        raise ParameterError(
            f"{source.shown} is damaged or is no Excel workbook.",
            hint="Export it again, or choose another file.",
        )
    codec = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else wide(head)
    text = head.decode(codec, errors="replace").encode() if codec else head
    return _json(text, source.name.lower()) or "delimited"


def is_no_text(head: bytes) -> bool:
    """Tell whether there are bytes that no text has; UTF-16 with its mark is text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or wide(head):
        return False
    return _NO_TEXT.search(head) is not None


def wide(head: bytes) -> str | None:
    """Name the kind of UTF-16 that begins without its mark; None where it is none.

    Such text has, for the most part, a zero in every other byte, and in no other place.
    """
    even, odd = head[0::2], head[1::2]
    if len(head) < 8:
        return None
    if odd.count(0) > 0.6 * len(odd) and even.count(0) == 0:
        return "utf-16-le"
    if even.count(0) > 0.6 * len(even) and odd.count(0) == 0:
        return "utf-16-be"
    return None


def _json(head: bytes, name: str) -> Format | None:
    """Tell JSON from a CSV file whose first column is called ``{{7*7}}``."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] not in (b"{", b"["):
        return None
    if name.endswith((".json", ".jsonl", ".ndjson")):
        return "json array" if text[:1] == b"[" else "json lines"
    whole = text.decode("utf-8", errors="ignore")
    first = whole[1:].lstrip() if whole[0] == "[" else whole
    if whole[0] == "[" and first[:1] not in ("{", "]"):
        return None
    try:
        json.JSONDecoder().raw_decode(first)
    except RecursionError:
        pass  # no table has a thousand brackets
    except ValueError:
        long = len(head) > 1000 and re.match(r'\{\s*"[^"\n]*"\s*:', first) is not None
        if not long:
            return None
    return "json array" if whole[0] == "[" else "json lines"
