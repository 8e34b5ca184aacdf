"""Makes the text of a script of its parts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from tensorrag.leaving.written import Outcome, Written
from tensorrag.script import comment, literal

RUN = """\
if __name__ == "__main__":
"""
NEEDED = """\
if lacking := [name for name in {names} if not (DATA / name).is_file()]:
    names = ", ".join(lacking)
    raise SystemExit(f"{{names}} is not in {{DATA}}: copy it there, then run again.")
"""
PRINTED = """\
    for name, result in main().items():
        print(f"\\n{name}")
        if isinstance(result, dict):
            result = pd.Series(result).to_string(float_format="{:.6f}".format)
        print(result)
"""


def python(written: Written, badge: str = "", today: date | None = None) -> str:
    """Return the script as text.

    Args:
        written: its parts; none of its cards was refused.
        badge: what is known of it, such as when it was verified: sentences.
        today: the day that stands at its head.
    """
    head = "\n".join(_head(written, badge, today or date.today()))
    blocks = [head, imports(written)]
    if reads_data(written):
        blocks.append('DATA = Path(__file__).parent / "data"')
    above = "\n\n".join(filter(None, blocks))
    body = "\n\n".join(indented(block) for block in _main(written))
    functions = [
        *written.functions,
        f"def main():\n{body}",
        RUN + indented(needed(written)) + PRINTED,
    ]
    return "\n\n\n".join([above, *(text.strip("\n") for text in functions)]) + "\n"


def about(written: Written, today: date) -> Iterator[str]:
    """Say what it is, in sentences that end up in a docstring or in a cell."""
    name = comment(written.name) or "A pipeline"
    ending = "" if name.endswith((".", "!", "?")) else "."
    yield f"{name}{ending}"
    yield f"Written as plain Python by TensorRag on {today.isoformat()}; it runs without it."
    if written.files:
        files = ", ".join(f"data/{name}" for name in _files(written))
        yield f"It reads {files}, in the folder beside it, which the ZIP file has."
    yield from written.notes


def _files(written: Written) -> list[str]:
    return list(dict.fromkeys(file.name for file in written.files))


def needed(written: Written) -> str:
    """Write what stops with a sentence where a file that it reads is not there."""
    return NEEDED.format(names=literal(_files(written))) if reads_data(written) else ""


def _head(written: Written, badge: str, today: date) -> Iterator[str]:
    first, *others = about(written, today)
    said = [*others, *filter(None, [comment(badge)])]
    yield f'"""{_quiet(first)}'
    yield ""
    yield from map(_quiet, said)
    yield '"""'


def _quiet(text: str) -> str:
    """Return text that cannot end a docstring, nor mean anything in it."""
    return text.replace("\\", "/").replace('"', "'")


def reads_data(written: Written) -> bool:
    """Whether it reads files beside it."""
    return bool(written.files)


def imports(written: Written) -> str:
    """Return all imports of a script."""
    paths = ["from pathlib import Path"] if reads_data(written) else []
    return imported({*written.imports, "import pandas as pd", *paths})


def imported(lines: Iterable[str]) -> str:
    """Return imports: what comes with Python first, names of one module on one line."""
    merged = sorted(_merged(lines), key=_place)
    ours = [line for line in merged if _module(line) in sys.stdlib_module_names]
    others = [line for line in merged if _module(line) not in sys.stdlib_module_names]
    return "\n\n".join("\n".join(group) for group in (ours, others) if group)


def _module(line: str) -> str:
    return line.split()[1].partition(".")[0]


def _place(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def _merged(lines: Iterable[str]) -> Iterator[str]:
    names: dict[str, set[str]] = {}
    for line in lines:
        module, found, name = line.removeprefix("from ").partition(" import ")
        if line.startswith("from ") and found:
            names.setdefault(module, set()).update(name.split(", "))
        else:
            yield line
    for module, found_names in names.items():
        yield _import(module, sorted(found_names, key=_by_case))


def _import(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 100:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _by_case(name: str) -> tuple[bool, str]:
    return name[:1].islower(), name


def _main(written: Written) -> Iterator[str]:
    for part in written.parts:
        yield f"# {part.comment}\n{part.code}"
    yield f"return {outcomes(written.outcomes)}"


def outcomes(found: tuple[Outcome, ...]) -> str:
    """Return the dictionary of all that the script gives back."""
    pairs = [f"{literal(each.label)}: {each.variable}" for each in found]
    if sum(map(len, pairs)) < 70:
        return "{" + ", ".join(pairs) + "}"
    return "{\n" + "".join(f"    {pair},\n" for pair in pairs) + "}"


def indented(code: str) -> str:
    """Move code to the right. No literal in it spans lines, and ``\\n`` alone ends one."""
    return "\n".join(f"    {line}" if line.strip() else "" for line in code.split("\n"))
