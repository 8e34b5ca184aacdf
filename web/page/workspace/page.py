"""The page of the settings: what is typed there is checked here, then written."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tensorrag.errors import ParameterError, TensorRagError
from tensorrag.folders import Folders
from tensorrag.store.inspection import pinned_size
from web.live.sessions import Sessions
from web.page.actions import Data, text
from web.page.numerals import number_of
from web.page.panel import Panel
from web.page.workspace.allowed import Allowed
from web.page.workspace.notifying import Notifying
from web.page.workspace.renting import CAP_FIRST, Renting
from web.page.workspace.view import Shown, workspace_settings

LEAST_CAP, MOST_CAP = 0.1, 1e6
"""GB."""
LEAST_BUDGET, MOST_BUDGET = 0.01, 1e6
"""US$."""
LEAST_MEMORY, MOST_MEMORY = 256, 2**24
"""MB."""
PARTS = {
    "store_cap": "results",
    "card_memory": "memory",
    "rent_automatically": "renting",
    "budget_run": "renting",
    "budget_month": "renting",
    "budget_hard": "renting",
    "rehearse": "renting",
    "webhook": "notifying",
    "notify_after": "notifying",
    "token": "access",
}
"""In which part of the page a setting is that is not called like it."""


class SettingsPage:
    """One tab that shows the settings."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._workspace = sessions.workspace
        self._settings = sessions.workspace.settings
        self._wrong: dict[str, str] = {}
        self._typed: dict[str, str] = {}
        self._asked = self._replaces = self._kept = ""
        self._changes = 0

    async def build(self) -> None:
        """Put the page together."""
        self._panel = Panel("div", workspace_settings(await self._shown()), act=self.act)
        self._panel.classes("start")

    async def act(self, name: str, data: Data) -> None:
        """Do what a control says; unknown actions are not heard."""
        if data.get("typing"):
            return
        self._wrong, self._typed, self._kept = {}, {}, ""
        match name:
            case "add_folder":
                await self._change("folders", text(data, "folder"), self._add_folder)
            case "remove_folder":
                await self._change("folders", text(data, "entry"), self._remove_folder)
            case "usual_folders":
                await self._change("folders", "", lambda _: self._set("allowed_folders", None))
            case "add_host":
                await self._change("hosts", text(data, "host"), self._add_host)
            case "remove_host":
                await self._change("hosts", text(data, "entry"), self._remove_host)
            case "store_cap":
                await self._change("store_cap", text(data, "value"), self._store_cap)
            case "card_memory":
                await self._change("card_memory", text(data, "value"), self._card_memory)
            case "rent_automatically":
                on = "on" if data.get("value") is True else ""
                await self._change("rent_automatically", on, self._rent_automatically)
            case "budget_run":
                await self._change("budget_run", text(data, "value"), self._budget_run)
            case "budget_month":
                await self._change("budget_month", text(data, "value"), self._budget_month)
            case "rehearse":
                off = False if data.get("value") is False else None
                await self._change("rehearse", "", lambda _: self._set("rehearse", off))
            case "budget_hard":
                hard = data.get("value") is True
                await self._change("budget_hard", "", lambda _: self._set("budget_hard", hard))
            case "webhook":
                await self._change("webhook", text(data, "value"), self._webhook)
            case "notify_after":
                await self._change("notify_after", text(data, "value"), self._notify_after)
            case "test_webhook":
                await self._sessions.notifier.test()
            case "keep_secret":
                await self._keep_secret(text(data, "name"), text(data, "value"))
            case "replace_secret":
                self._replaces = text(data, "name")[:64]
            case "ask_secret":
                self._asked = text(data, "name")[:64]
            case "delete_secret":
                await self._change("secrets", text(data, "name"), self._settings.delete_secret)
            case "new_token":
                await self._change("token", "", lambda _: self._settings.new_secret("token"))
        self._panel.show(workspace_settings(await self._shown()))
        self._turn_to(name)

    def _turn_to(self, name: str) -> None:
        """Open the question that was asked for, or go to the field that is to be filled."""
        match name:
            case "ask_secret":
                self._panel.run_method("open", "ask-secret")
            case "ask_token":
                self._panel.run_method("open", "ask-token")
            case "replace_secret":
                self._panel.run_method("focusOn", "secret-value")
            case "keep_secret":
                wrong = "secrets" in self._wrong
                self._panel.run_method("focusOn", "secret-value" if wrong else "secret-name")
            case "add_folder" | "add_host":
                self._panel.run_method("focusOn", name.removeprefix("add_"))

    async def _change(self, setting: str, typed: str, change: Callable[[str], Any]) -> None:
        """Change a setting, in a thread: it is a file. What does not fit is said at its field."""
        try:
            await asyncio.to_thread(change, typed.strip())
        except TensorRagError as error:
            self._wrong[setting] = f"{error.message} {error.hint}".strip()
            self._typed[setting] = typed[:4000]
            return
        self._changes, self._kept = self._changes + 1, PARTS.get(setting, setting)
        self._replaces = self._asked = ""
        self._sessions.settings_changed()

    async def _keep_secret(self, name: str, value: str) -> None:
        await self._change("secrets", name, lambda it: self._settings.set_secret(it, value))

    # --- what each setting takes, in a thread -----------------------------------------------

    def _set(self, name: str, value: Any) -> None:
        self._settings.set(name, value)

    def _add_folder(self, typed: str) -> None:
        path = Path(os.path.expanduser(typed))
        if not typed or not path.is_absolute():
            raise ParameterError("That is no full path.", hint="Write it as /home/me/data.")
        if not Folders.of([str(path)], self._workspace.root).allow(path / "file.csv"):
            raise ParameterError(
                "Folders of the system and of TensorRag itself are never read.",
                hint="Copy the files into a folder of your own.",
            )
        if not path.is_dir():
            raise ParameterError(
                "There is no such folder on the machine of the editor.",
                hint="Check the path, or make the folder first.",
            )
        self._set("allowed_folders", list(dict.fromkeys([*self._folders(), str(path)])))

    def _remove_folder(self, folder: str) -> None:
        self._set("allowed_folders", [one for one in self._folders() if one != folder])

    def _folders(self) -> list[str]:
        """Return the folders that are allowed, but for the workspace, which always is."""
        root = self._workspace.root
        allowed = Folders.of(self._settings.get("allowed_folders"), root).allowed
        return [str(folder) for folder in dict.fromkeys(allowed) if folder != root]

    def _add_host(self, typed: str) -> None:
        self._set("allowed_hosts", list(dict.fromkeys([*self._hosts(), _host(typed)])))

    def _remove_host(self, host: str) -> None:
        self._set("allowed_hosts", [one for one in self._hosts() if one != host] or None)

    def _hosts(self) -> tuple[str, ...]:
        return self._settings.values().allowed_hosts

    def _store_cap(self, typed: str) -> None:
        self._set("store_cap", round(_number(typed, "GB", LEAST_CAP, MOST_CAP) * 10**9))
        self._workspace.tidy()

    def _card_memory(self, typed: str) -> None:
        number = _number(typed, "MB", LEAST_MEMORY, MOST_MEMORY) if typed else None
        self._set("card_memory", None if number is None else round(number))

    def _webhook(self, typed: str) -> None:
        self._set("webhook", typed or None)

    def _notify_after(self, typed: str) -> None:
        self._set("notify_after", _number(typed, "s", 0, 7 * 86400) if typed else None)

    def _rent_automatically(self, typed: str) -> None:
        if typed and self._settings.values().budget_run is None:
            raise ParameterError(CAP_FIRST, hint="The field is just below.")
        self._set("rent_automatically", True if typed else None)

    def _budget_month(self, typed: str) -> None:
        self._set("budget_month", _dollars(typed))

    def _budget_run(self, typed: str) -> None:
        amount = _dollars(typed)
        if amount is None:  # nothing is rented unasked without a cap
            self._set("rent_automatically", None)
        self._set("budget_run", amount)

    async def _shown(self) -> Shown:
        return await asyncio.to_thread(self._read)

    def _read(self) -> Shown:
        values, store = self._settings.values(), self._workspace.store
        return Shown(
            allowed=Allowed(
                folders=self._folders(),
                hosts=values.allowed_hosts,
                usual=self._settings.get("allowed_folders") is None,
                wrong=self._wrong,
                typed=self._typed,
                changes=self._changes,
            ),
            held=store.size(),
            pinned=pinned_size(store, self._workspace.journal, self._workspace.named_results()),
            cap=values.store_cap,
            card_memory=values.card_memory,
            renting=Renting(
                automatically=values.rent_automatically,
                budget_run=values.budget_run,
                budget_month=values.budget_month,
                budget_hard=values.budget_hard,
                rehearse=values.rehearse,
                spent=self._workspace.journal.spending.this_month(),
                wrong=self._wrong,
                typed=self._typed,
            ),
            notifying=Notifying(
                webhook=values.webhook or "",
                after=values.notify_after,
                last=self._sessions.notifier.last,
                wrong=self._wrong,
                typed=self._typed,
            ),
            secrets=tuple(sorted(values.secrets)),
            has_token=values.token is not None,
            notices=self._workspace.notices(),
            wrong=self._wrong,
            typed=self._typed,
            replaces=self._replaces,
            asked=self._asked,
            kept=self._kept,
            changes=self._changes,
        )


def _host(typed: str) -> str:
    """Take the host out of an address that was pasted whole, in small letters."""
    return (urlsplit(typed).hostname or "" if "://" in typed else typed).lower()


def _dollars(typed: str) -> float | None:
    """Read an amount of US$; None where there is none."""
    words = typed.strip().removeprefix("$")
    return _number(words, "US$", LEAST_BUDGET, MOST_BUDGET) if words else None


def _number(typed: str, unit: str, least: float, most: float) -> float:
    """Read a number as people write it: 20, 0.5, 0,5, 1,000, 20 GB."""
    number = number_of(typed.removesuffix(unit))
    if number is None or not least <= number <= most:
        raise ParameterError(
            "This cannot be used.",
            hint=f"Write a number of {unit} between {least:g} and {most:,.0f}.",
        )
    return number
