"""Writes docs/pipeline.schema.json from the table that reads pipeline files."""

from __future__ import annotations

import json
from pathlib import Path

from tensorrag.pipeline.json_schema import json_schema

SCHEMA = Path(__file__).parent.parent / "docs" / "pipeline.schema.json"

if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")
