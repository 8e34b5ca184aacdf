"""A table in the store, as somebody looks at it: some rows, or all of it as a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tensorrag.pipeline import JsonObject
from web.live.hosting import Hosting, Where

MEASURED = 200
"""Rows from which the size of the whole file is estimated."""


class StoredTable:
    """Reads one table in workers: nothing of it is loaded here.

    Args:
        hosting: asks the workers.
        digest: of the table.
    """

    def __init__(self, hosting: Hosting, digest: str) -> None:
        self._hosting, self.digest = hosting, digest

    async def rows(
        self, offset: int = 0, limit: int = 100, sort: str = "", where: Where = ()
    ) -> JsonObject:
        """Return some rows, see `tensorrag.pages.page`.

        Raises:
            TensorRagError: it is no table, or no longer kept.
        """
        return await self._hosting.page(self.digest, offset, limit, sort, where)

    async def csv_size(self, sort: str = "", where: Where = ()) -> int:
        """Return about how many bytes the CSV file has, as its first rows have it.

        Raises:
            TensorRagError: it is no table, or no longer kept.
        """
        first = await self._hosting.csv(self.digest, 0, sort, where, limit=MEASURED)
        text: str = first["text"]
        total, rows = int(first["total"]), max(1, int(first["rows"]))
        return round(len(text.encode()) * max(1.0, total / rows))

    async def csv(self, sort: str = "", where: Where = ()) -> AsyncGenerator[str]:
        """Yield the CSV file part by part; the next one is made when somebody asks for it.

        Raises:
            TensorRagError: it is no table, or no longer kept.
        """
        offset = begun = 0
        days = None
        while True:
            part = await self._hosting.csv(self.digest, offset, sort, where, begun=begun, days=days)
            yield part["text"]
            offset, begun, days = offset + part["rows"], part["begun"], part["days"]
            if offset >= part["total"]:
                return
