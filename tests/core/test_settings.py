"""The settings: typed, for their owner alone, and never lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tensorrag.errors import ParameterError, WorkspaceError
from tensorrag.store.setting_values import STORE_CAP
from tensorrag.store.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json")


def test_settings_are_kept_for_their_owner_alone(settings: Settings) -> None:
    settings.set("last_pipeline", "boston")
    drawn = settings.secret("storage")

    again = Settings(settings.path)
    assert again.get("last_pipeline") == "boston"
    assert again.secret("storage") == drawn
    assert settings.path.stat().st_mode & 0o077 == 0


def test_what_was_open_to_others_is_closed(settings: Settings) -> None:
    settings.path.write_text("{}")
    settings.path.chmod(0o644)

    settings.values()

    assert settings.path.stat().st_mode & 0o077 == 0


def test_every_setting_has_a_default(settings: Settings) -> None:
    values = settings.values()

    assert values.store_cap == STORE_CAP
    assert values.allowed_folders == ()
    assert values.card_memory is None
    assert not settings.path.exists()


def test_none_goes_back_to_the_default(settings: Settings) -> None:
    settings.set("card_memory", 4096)
    settings.set("card_memory", None)

    assert settings.get("card_memory") is None
    assert json.loads(settings.path.read_text()) == {}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("store_cap", 5, "Store cap must be at least 100,000,000, not 5"),
        ("store_cap", "20 GB", "Store cap must be a whole number"),
        ("store_cap", True, "Store cap must be a whole number"),
        ("store_cap", float("nan"), "Store cap must be a whole number"),
        ("card_memory", 1, "Card memory must be at least 256"),
        ("allowed_folders", ["data"], "'data' is no full path"),
        ("allowed_folders", ["/data\0"], "no full path"),
        ("allowed_folders", ["~nobody-of-this-name/data"], "no full path"),
        ("allowed_folders", ["\\\\host\\share"], "no full path|another machine"),
        ("allowed_folders", ["//host/share"], "another machine"),
        ("allowed_folders", "/data", "Allowed folders"),
        ("allowed_hosts", ["https://files.lan/"], "'https://files.lan/' is no host"),
        ("secrets", {"key": "short"}, "at least 8 characters"),
        ("secrets", {"__proto__": "long enough"}, "name of a secret begins with a letter"),
        ("secrets", {"key": 1234567890}, "Secrets must be text"),
        ("token", "short", "Token must be text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    settings: Settings, name: str, value: Any, sentence: str
) -> None:
    with pytest.raises(ParameterError, match=sentence) as refused:
        settings.set(name, value)

    assert refused.value.field == name
    assert "1234567890" not in refused.value.message
    assert not settings.path.exists()


def test_one_bad_entry_harms_no_other_and_stays_in_the_file(settings: Settings) -> None:
    secrets = {"good": "long enough", "bad": "short"}
    settings.path.write_text(json.dumps({"store_cap": "x", "secrets": secrets, "newer": [1]}))

    settings.set("last_pipeline", "boston")
    settings.set_secret("more", "also long enough")

    assert settings.values().store_cap == STORE_CAP
    assert settings.secret_names() == ("good", "more")
    assert settings.get("newer") == [1]
    assert json.loads(settings.path.read_text())["store_cap"] == "x"
    assert any("Store cap must be a whole number" in notice for notice in settings.notices())


@pytest.mark.parametrize("odd", ["1e400", "-1e400", "NaN", "Infinity", "9" * 5_000, r'"\ud800"'])
def test_a_number_that_is_none_is_one_more_bad_entry(settings: Settings, odd: str) -> None:
    settings.path.write_text(f'{{"store_cap": {odd}, "newer": {odd}}}')

    assert settings.values().store_cap == STORE_CAP
    assert any("Store cap must be a whole number" in notice for notice in settings.notices())
    settings.set("card_memory", 4096)  # once it could not be written any more
    assert settings.get("card_memory") == 4096
    assert odd.strip('"') in settings.path.read_text()
    settings.set("store_cap", 10**9)
    assert settings.values().store_cap == 10**9


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b"", b"[" * 100_000])
def test_a_damaged_file_is_set_aside_never_written_over(settings: Settings, content: bytes) -> None:
    settings.path.write_bytes(content)

    assert settings.get("last_pipeline") is None
    settings.set("last_pipeline", "boston")

    [aside] = settings.path.parent.glob("settings.damaged-*.json")
    assert aside.read_bytes() == content
    assert any(aside.name in notice for notice in settings.notices())
    assert settings.get("last_pipeline") == "boston"


def test_a_file_that_cannot_be_read_is_not_taken_for_an_empty_one(settings: Settings) -> None:
    settings.path.mkdir()

    with pytest.raises(WorkspaceError, match="cannot be read"):
        settings.set("last_pipeline", "boston")


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_read(settings: Settings, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(settings.path)
    elif kind == "device":
        settings.path.symlink_to("/dev/zero")
    else:
        settings.path.mkdir()
    with pytest.raises(WorkspaceError, match="it is no file"):
        settings.values()


def test_what_a_crash_left_half_written_is_swept(settings: Settings) -> None:
    settings.set_secret("hub", "canary-value")
    left = settings.path.with_name(".settings.json.a1b2c3")
    left.write_text(settings.path.read_text())

    settings.sweep()

    assert not left.exists()
    assert settings.secret_names() == ("hub",)


def test_secrets_are_listed_by_name_and_shown_nowhere(settings: Settings) -> None:
    settings.set_secret("hub", "canary-value")
    settings.set_secret("hub", "canary-value-2")

    assert settings.secret_names() == ("hub",)
    assert "canary" not in repr(settings.values())
    assert settings.delete_secret("hub")
    assert not settings.delete_secret("hub")
    assert "canary" not in settings.path.read_text()


def test_many_processes_change_settings_at_once(settings: Settings) -> None:
    program = """
import sys
from pathlib import Path
from tensorrag.store.settings import Settings
for number in range(20):
    Settings(Path(sys.argv[1])).set_secret(f"of{sys.argv[2]}_{number}", "long enough")
"""
    command = [sys.executable, "-c", program, str(settings.path)]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(3)]

    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(settings.secret_names()) == 60
