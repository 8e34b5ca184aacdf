"""The stand-in in a process of its own, so that the memory of a client is the client's alone.

    python -m tests.executors.modal_plane FOLDER

The first line says where it is. To every line that comes it answers with what was sent to volumes
so far, in bytes; it ends with its input.
"""

import json
import sys
from pathlib import Path

from tests.executors.modal_plane.plane import PlaneThread


def main() -> None:
    """Serve until nobody asks any more."""
    elsewhere = PlaneThread(Path(sys.argv[1]))
    plane = elsewhere.plane
    sys.stdout.write(json.dumps({"server_url": plane.server_url}) + "\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        told = {"sent": plane.sent, "unknown": sorted(plane.unknown)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    elsewhere.stop()


if __name__ == "__main__":
    main()
