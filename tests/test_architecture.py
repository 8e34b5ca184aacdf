"""The shape of the whole: layers, a light core, names, and a front end that stays as it is."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("tensorrag", "cards", "executors", "web", "sample_data")
HEAVY = ("nicegui", "torch", "sklearn", "modal", "ray", "pandas", "pyarrow", "scipy")


def python(code: str, **environment: str) -> str:
    """Run code in a fresh interpreter; returns the last line that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments", [["--help"], ["cards"], ["cards", "--json"], ["samples"]], ids=" ".join
)
def test_the_command_line_answers_without_a_heavy_library(
    arguments: list[str], tmp_path: Path
) -> None:
    loaded = python(
        "import sys\n"
        "from tensorrag.cli.commands import main\n"
        f"sys.argv = ['tensorrag', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})))",
        TENSORRAG_WORKSPACE=str(tmp_path),
    )
    assert loaded == "[]"


@pytest.mark.parametrize("package", ["tensorrag", "cards", "executors", "sample_data"])
def test_importing_a_package_loads_no_heavy_library(package: str) -> None:
    loaded = python(
        f"import sys, {package}; print(sorted(set(sys.modules) & set({HEAVY!r})))",
    )
    assert loaded == "[]"


def test_nobody_else_owns_our_top_level_names() -> None:
    owners = importlib.metadata.packages_distributions()
    others = {name: set(owners.get(name, ())) - {"tensorrag"} for name in OURS}
    assert others == {name: set() for name in OURS}


@pytest.mark.parametrize("package", OURS)
def test_our_packages_come_from_this_checkout(package: str) -> None:
    assert Path(python(f"import {package}; print({package}.__file__)")).is_relative_to(ROOT)


def test_no_module_bears_the_name_of_a_dependency() -> None:
    foreign = set(importlib.metadata.packages_distributions()) | {"modal", "ray"}
    foreign -= {*OURS, "tests"}
    modules = [path for package in OURS for path in (ROOT / package).rglob("*.py")]
    rooms = {path.parent for path in modules} - {ROOT / package for package in OURS}
    own = {path.stem for path in (*modules, *rooms)}
    assert own & foreign == set()


def test_every_dependency_is_pinned() -> None:
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[^\w.-]", requirement)[0] for requirement in wanted}
    assert names - set(pins) == set()
    assert not any("+" in version for version in pins.values())


class TestFrontend:
    """The front end builds the same everywhere: exact versions, any mirror, the Vue of NiceGUI."""

    @pytest.fixture
    def package(self) -> dict[str, dict[str, str]]:
        text = (ROOT / "web/frontend/package.json").read_text("utf-8")
        content: dict[str, dict[str, str]] = json.loads(text)
        return content

    @pytest.fixture
    def locked(self) -> dict[str, dict[str, object]]:
        text = (ROOT / "web/frontend/package-lock.json").read_text("utf-8")
        content: dict[str, dict[str, object]] = json.loads(text)["packages"]
        return content

    def test_versions_are_exact(self, package: dict[str, dict[str, str]]) -> None:
        wanted = package["dependencies"] | package["devDependencies"]
        loose = {k: v for k, v in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", v)}
        assert loose == {}

    def test_vue_is_the_one_that_nicegui_serves(self, package: dict[str, dict[str, str]]) -> None:
        nicegui = importlib.metadata.distribution("nicegui").locate_file("nicegui/static")
        served = next(Path(str(nicegui)).glob("vue.esm-browser*.js")).read_text("utf-8")[:200]
        version = re.search(r"vue v(\d+\.\d+\.\d+)", served)
        assert version is not None
        assert package["devDependencies"]["vue"] == version[1]

    def test_the_lock_names_no_registry(self, locked: dict[str, dict[str, object]]) -> None:
        assert [name for name, entry in locked.items() if "resolved" in entry] == []

    def test_the_lock_serves_every_platform(self, locked: dict[str, dict[str, object]]) -> None:
        names = {path.rpartition("node_modules/")[2] for path in locked}
        optional: set[str] = set()
        for entry in locked.values():
            wanted = entry.get("optionalDependencies", {})
            assert isinstance(wanted, dict)
            optional |= set(wanted)
        assert optional - names == set()
