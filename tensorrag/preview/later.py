"""What stands for a preview that is drawn when somebody looks."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from tensorrag.preview.payload import Payload


class LaterPreview(Payload):
    """The preview of a large stored value: to draw all that nobody looks at would cost a second."""

    kind: Literal["later"] = "later"
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """The digest of the value."""
    last_first: int = Field(0, ge=0)
    """How many of the last columns of a table are shown before the others."""

    def with_last_first(self, count: int) -> Self:
        """Have the last columns put before the others once it is drawn."""
        return self.model_copy(update={"last_first": count})
