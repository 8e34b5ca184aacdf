"""The SDK of Modal, as this process may use it: what containers send is read as plain data.

The SDK pickles what travels. A card could make its container send anything, so here nothing is
unpickled that names a class or a function: numbers, texts, bytes, lists and dictionaries need none.
"""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Any, NoReturn

from executors.modal_hints import INSTALL
from executors.modal_parcel import APP, DATA, EVENTS
from tensorrag.errors import NotInstalled

if TYPE_CHECKING:
    from types import ModuleType

    import modal


def is_signed_in() -> bool:
    """Whether there is a token here; one that came after this process began counts, too."""
    config = sdk().config  # says it where the SDK is not installed
    from modal.client import _Client

    # The SDK reads its file once in a process, and keeps the first client that it made.
    config._user_config = config._read_user_config()
    config._profile = os.environ.get("MODAL_PROFILE") or config._config_active_profile()
    now = config.config.get
    token = (now("token_id"), now("token_secret"))
    client: Any = _Client._client_from_env
    if client is not None and all(token) and client._credentials != token:
        _Client._set_env_client(None)  # calls that go on keep the one that they have
    return all(token) or bool(now("oauth_refresh_token"))


def function(name: str) -> modal.Function[Any, Any, Any]:
    """Return a deployed function; nothing is asked of Modal yet."""
    found: modal.Function[Any, Any, Any] = sdk().Function.from_name(APP, name)
    return found


def call(name: str) -> modal.FunctionCall[Any]:
    """Return a call that was made before."""
    found: modal.FunctionCall[Any] = sdk().FunctionCall.from_id(name)
    return found


def again(before: modal.FunctionCall[Any]) -> modal.FunctionCall[Any]:
    """Return a call as whoever is signed in now sees it."""
    is_signed_in()
    return call(before.object_id)


def volume() -> modal.Volume:
    """Return the volume of large files."""
    found: modal.Volume = sdk().Volume.from_name(DATA, create_if_missing=True, version=2)
    return found


def events() -> modal.Queue:
    """Return the queue of what containers say."""
    found: modal.Queue = sdk().Queue.from_name(EVENTS, create_if_missing=True)
    return found


def sdk() -> ModuleType:
    """Return the SDK.

    Raises:
        NotInstalled: it is not installed.
    """
    try:
        import modal
        import modal.config
        from modal import _serialization
    except ImportError as error:
        raise NotInstalled(
            "The package that speaks with Modal is not installed.",
            hint=INSTALL,
        ) from error
    _serialization.Unpickler.find_class = _refuse  # type: ignore[method-assign]
    _serialization.Unpickler.persistent_load = _refuse  # type: ignore[method-assign]
    return modal


def _refuse(*named: object) -> NoReturn:
    raise pickle.UnpicklingError("a container sent something other than plain data")
