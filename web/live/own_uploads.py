"""Files that were uploaded here: they are the workspace's own, looked at without being chosen."""

from __future__ import annotations

from contextlib import suppress

from tensorrag.check import Checked
from tensorrag.errors import WorkspaceError
from tensorrag.store.uploads import Uploads


def own_uploads(checked: Checked, keys: set[str], uploads: Uploads) -> dict[str, str]:
    """Return the nodes that read nothing but a file which was uploaded here, by peek key.

    A card from a single file might read more than it says: its sources wait until somebody
    chooses them. In a thread: this looks at the disk.

    Args:
        checked: says what the nodes read.
        keys: peek keys of which nothing is known.
        uploads: the workspace's.
    """
    found = {}
    for node_id, facts in checked.nodes.items():
        upload = facts.params.get("upload")
        own = facts.source is None and facts.params.get("source") == "upload" and upload
        if own and facts.peek_key is not None and facts.peek_key in keys:
            with suppress(WorkspaceError):
                uploads.path(str(upload))
                found[facts.peek_key] = node_id
    return found
