"""What people may rely on: a file per promise of `docs/trust.md`, named after it."""

from __future__ import annotations

from tests.servers import start_server

__all__ = ["start_server"]
