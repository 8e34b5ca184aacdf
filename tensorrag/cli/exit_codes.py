"""What a command tells the shell."""

from __future__ import annotations

SUCCEEDED, FAILED, WRONG = 0, 1, 2
"""All is well; the run failed or was cancelled; the pipeline or the call is wrong."""
