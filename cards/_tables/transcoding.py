"""Writes a text in UTF-8 that is in another encoding, for readers that know no other."""

from __future__ import annotations

import codecs
import tempfile
from contextlib import ExitStack

from cards._tables.dialect import CODECS, encoding_of
from cards._tables.signature import wide
from cards._tables.source import Choices, Source
from tensorrag import ParameterError

_PART = 1 << 20


def codec_of(head: bytes, choices: Choices) -> str:
    """Return the encoding that was chosen, else the one that can be told for certain."""
    if choices.encoding != "auto":
        return CODECS[choices.encoding]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return wide(head) or "utf-8"


def in_utf8(source: Source, codec: str) -> Source:
    """Return a text as a temporary file in UTF-8, which is gone when it is closed.

    Raises:
        ParameterError: it is no text in that encoding.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    source.stream.seek(0)
    with ExitStack() as undone:
        file = undone.enter_context(tempfile.TemporaryFile())
        try:
            while part := source.stream.read(_PART):
                file.write(decoder.decode(part).encode())
            file.write(decoder.decode(b"", final=True).encode())
        except UnicodeError as error:
            raise ParameterError(
                f"{source.shown} is damaged or is no {encoding_of(codec)} text.",
                hint="Choose another encoding, or save the file again as UTF-8.",
            ) from error
        file.seek(0)
        undone.pop_all()  # it is handed on open
        return Source(file, source.name)
