"""What is yet to be done before a card can run at Modal: the one wording of it, wherever it stands.

What is typed stands between backticks, and names the Python that runs this: what another one does
would not be seen here.
"""

from __future__ import annotations

import shlex
import sys


def _typed(command: str) -> str:
    return f"`{shlex.quote(sys.executable)} -m {command}`"


INSTALL = "Install it where TensorRag is installed: " + _typed('pip install "tensorrag[modal]"')
SIGN_IN = "Make an account at modal.com, and sign in from a terminal of this machine: " + _typed(
    "modal token new"
)
DEPLOY = "Put it there once: " + _typed("tensorrag modal deploy")
REDEPLOY = "Put this one there: " + _typed("tensorrag modal deploy")
