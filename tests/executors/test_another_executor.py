"""The executor that docs/executors.md shows passes the contract, as it is printed there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

GUIDE = Path(__file__).parents[2] / "docs" / "executors.md"
EXECUTOR, CONTRACT = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


def written(code: str, name: str) -> ModuleType:
    """Load code of the guide as a module."""
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(code, f"{name}.py", "exec"), module.__dict__)  # noqa: S102
    return module


written(EXECUTOR, "box")
TestBox: Any = written(CONTRACT, "box_contract").TestBox
del sys.modules["box"], sys.modules["box_contract"]
