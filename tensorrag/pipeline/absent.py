"""Why a card is not here although somebody put it here."""

from collections.abc import Iterable

from tensorrag.catalog import Notice
from tensorrag.quoting import quoted


def why_absent(card_id: str, notices: Iterable[Notice]) -> tuple[str, str] | None:
    """Say why a card is not here although it is installed, and what to do; None if it is not."""
    notice = next((notice for notice in notices if notice.brings(card_id)), None)
    if notice is None:
        return None
    dropped_in = notice.file.endswith(".py")
    again = f"Mend {notice.file} in the folder cards of the workspace: it is loaded once saved."
    return (
        f"The card {quoted(card_id)} cannot be loaded from {notice.file}: {notice.message}",
        " ".join(filter(None, (notice.hint, again if dropped_in else ""))),
    )
