"""Get a Chromium for the browser tests; says in one sentence what it found, got, or could not get.

Taken in this order: what TENSORRAG_CHROMIUM names, a Chromium on this machine, the one that
Playwright has downloaded, Debian's package (as root), and a download by Playwright.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def on_this_machine() -> Path | None:
    """The Chromium that is installed here, whoever installed it."""
    named = os.environ.get("TENSORRAG_CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else of_playwright()


def of_playwright() -> Path | None:
    """The Chromium that Playwright downloaded earlier."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def from_debian() -> str | None:
    """Install Debian's package; returns why not, or None."""
    if os.name == "nt" or shutil.which("apt-get") is None:
        return "this is no Debian"
    if os.geteuid() != 0:
        return "installing Debian's package needs root"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "chromium", "fonts-liberation"]):
        done = run(["apt-get", *arguments], environment)
        if done:
            return f"apt-get {arguments[0]} failed ({done})"
    return None


def from_playwright() -> str | None:
    """Let Playwright download its own; returns why not, or None."""
    with_libraries = ["--with-deps"] if os.name != "nt" and os.geteuid() == 0 else []
    done = run(
        [sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"],
        dict(os.environ),
    )
    return f"Playwright could not download its own ({done})" if done else None


def run(command: list[str], environment: dict[str, str]) -> str | None:
    """Run a command quietly; returns the last line of its output when it fails, or None."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines() or [f"exit status {done.returncode}"]
    return lines[-1].strip() if done.returncode else None


def main() -> int:
    """Find or get a Chromium."""
    named = os.environ.get("TENSORRAG_CHROMIUM")
    if named and not Path(named).is_file():
        print(f"TENSORRAG_CHROMIUM names a file that is not there: {named}")
        return 1
    found = on_this_machine()
    reasons: list[str] = []
    for attempt in (from_debian, from_playwright):
        if found is not None:
            break
        reason = attempt()
        if reason is not None:
            reasons.append(reason)
        found = on_this_machine()
    if found is None:
        print(
            f"The browser tests need Chromium: {'; '.join(reasons)}. "
            "Install it, or name it in TENSORRAG_CHROMIUM, and call make test again."
        )
        return 1
    print(f"Chromium: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
