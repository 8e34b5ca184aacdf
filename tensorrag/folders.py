"""Which folders may be read: what a pipeline names is opened nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

NEVER = (
    ("/proc", "/sys", "/dev", "/etc", "/run", "/var/run", "/boot", "/private/etc")
    if sys.platform != "win32"
    else (os.environ.get("SYSTEMROOT", r"C:\Windows"),)
)
"""Folders of the system: settings may not open them."""
MOUNTS = ("/data", "/datasets", "/mnt", "/media", "/scratch", "/Volumes")
"""Where data sets of machines are mounted, by custom. Nobody keeps keys there."""
_OURS = frozenset(
    {"pipelines", "cards", "uploads", "store", "scratch", "logs", "keys", "settings.json"}
)
_OUR_ENDINGS = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".key", ".lock", ".log")


@dataclass(frozen=True)
class Folders:
    """The folders that may be read, and what all of them leave out.

    Hidden files and folders in them (``~/.ssh``, ``~/.modal.toml``) are left out, and what
    TensorRag itself keeps in its workspace.
    """

    allowed: tuple[Path, ...] = ()
    workspace: Path | None = None

    @classmethod
    def of(cls, setting: object, workspace: Path) -> Folders:
        """Return the folders that the settings name, or the usual ones.

        Args:
            setting: ``allowed_folders`` as it stands in the settings: a list of paths.
            workspace: always allowed, but for what TensorRag keeps there.
        """
        chosen = map(_absolute, setting) if isinstance(setting, list | tuple) else usual_folders()
        return cls(allowed=tuple(filter(None, (*chosen, workspace))), workspace=workspace)

    def with_base(self, base: Path) -> Folders:
        """Return these folders and one more, where relative paths start from."""
        return replace(self, allowed=tuple(dict.fromkeys((*self.allowed, base))))

    def allow(self, path: Path) -> bool:
        """Tell whether an absolute path without ``..`` may be read."""
        if any(_inside(path, Path(never)) is not None for never in NEVER):
            return False
        if self.workspace is not None and any(
            _ours(path, one) for one in _spellings(self.workspace)
        ):
            return False
        return any(_open_in(path, one) for folder in self.allowed for one in _spellings(folder))

    @property
    def shown(self) -> str:
        """The folders in a sentence."""
        return ", ".join(str(folder) for folder in dict.fromkeys(self.allowed)) or "none"


def usual_folders() -> tuple[Path, ...]:
    """Return what is allowed until somebody says otherwise: home, current folder, data mounts."""
    home = Path.home()
    current = Path.cwd()
    found = [home] if home != Path(home.anchor) else []
    if current != home and not home.is_relative_to(current):  # "/" and "/home" hold too much
        found.append(current)
    return (*found, *(Path(mount) for mount in MOUNTS if Path(mount).is_dir()))


def _absolute(folder: object) -> Path | None:
    if not isinstance(folder, str):
        return None
    try:
        path = Path(folder).expanduser()
    except RuntimeError:
        return None
    return Path(os.path.normpath(path)) if path.is_absolute() else None


def _spellings(folder: Path) -> Iterable[Path]:
    """A folder as it is written, and as it is once links are followed."""
    written = Path(os.path.normpath(folder.absolute()))
    return dict.fromkeys((written, Path(os.path.realpath(folder))))


def _inside(path: Path, folder: Path) -> tuple[str, ...] | None:
    """Return the way from a folder to a path in it; None where it is not in it."""
    try:
        return path.relative_to(folder).parts
    except ValueError:
        return None


def _open_in(path: Path, folder: Path) -> bool:
    parts = _inside(path, folder)
    return parts is not None and not any(part.startswith(".") for part in parts)


def _ours(path: Path, workspace: Path) -> bool:
    parts = _inside(path, workspace)
    if not parts:
        return False
    return parts[0] in _OURS or parts[-1].endswith(_OUR_ENDINGS)
