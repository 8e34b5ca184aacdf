"""Building the front end: only when it has to be, and without Node.js on the machine."""

import stat
from pathlib import Path

import pytest

import hatch_build
from hatch_build import Frontend, FrontendError, FrontendHook, Node


@pytest.fixture
def checkout(tmp_path: Path) -> Frontend:
    frontend = Frontend(tmp_path)
    (frontend.sources / "src").mkdir(parents=True)
    (frontend.sources / "package-lock.json").write_text("{}")
    (frontend.sources / "src" / "index.js").write_text("export default 1")
    return frontend


def built(frontend: Frontend) -> None:
    frontend.bundle.mkdir(parents=True, exist_ok=True)
    frontend.stamp.write_text(frontend.digest())


def hook(frontend: Frontend, target: str = "wheel") -> FrontendHook:
    unused = frontend.root
    return FrontendHook(str(unused), {}, None, None, str(unused), target)  # type: ignore[arg-type]


def without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Node, "on_the_machine", lambda: None)


def test_a_bundle_is_stale_until_it_is_built(checkout: Frontend) -> None:
    assert checkout.is_stale()
    built(checkout)
    assert not checkout.is_stale()


@pytest.mark.parametrize("change", ["src/index.js", "src/new.js", ".npmrc", "package-lock.json"])
def test_a_changed_source_makes_it_stale(checkout: Frontend, change: str) -> None:
    built(checkout)
    (checkout.sources / change).write_text("something else")
    assert checkout.is_stale()


@pytest.mark.parametrize("folder", ["node_modules", "tests", "dist"])
def test_what_is_no_source_does_not(checkout: Frontend, folder: str) -> None:
    built(checkout)
    (checkout.sources / folder).mkdir()
    (checkout.sources / folder / "some.js").write_text("1")
    assert not checkout.is_stale()


def test_node_is_asked_for_only_when_there_is_something_to_build_and_no_node(
    checkout: Frontend, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_node(monkeypatch)
    assert hook(checkout).dependencies() == [hatch_build.NODE_WHEEL]
    assert hook(checkout, "sdist").dependencies() == []
    built(checkout)
    assert hook(checkout).dependencies() == []


def test_nothing_is_built_twice(checkout: Frontend, monkeypatch: pytest.MonkeyPatch) -> None:
    without_node(monkeypatch)
    monkeypatch.setattr(Node, "from_wheel", lambda: None)
    built(checkout)
    hook(checkout).initialize("editable", {})
    checkout.stamp.unlink()
    with pytest.raises(FrontendError, match="needs Node"):
        hook(checkout).initialize("editable", {})


def test_missing_sources_are_one_sentence(tmp_path: Path) -> None:
    built_elsewhere = Frontend(tmp_path)
    with pytest.raises(FrontendError, match="sources of the front end are missing"):
        built_elsewhere.digest()


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v18.20.0", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.0.0", True),
        ("no version", False),
    ],
)
def test_a_node_fits_from_20_19_or_22_12(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (Node.on_the_machine() is not None) == fits
