"""What somebody who shows a session hears of it."""

from tensorrag.pipeline import JsonObject


class View:
    """Somebody who shows a session: override what you want to hear.

    Everything is called on the event loop; return at once, and raise nothing.
    """

    def on_patch(self, revision: int, ops: list[JsonObject]) -> None:
        """Cards or wires look different: ``node``, ``remove_node``, ``edge``, ``remove_edge``."""

    def on_runtime(self, states: dict[str, JsonObject | None]) -> None:
        """Cards do something else than before; None: never ran."""

    def on_problems(self) -> None:
        """A new check is there: see `Session.checked`."""

    def on_status(self) -> None:
        """Name, settings, saved, undo, or the state of the run changed."""

    def on_run_event(self, event: JsonObject) -> None:
        """Something happened in the run of this session."""

    def on_warning(self, message: str, hint: str) -> None:
        """Something went wrong that nobody asked for, such as saving."""

    def on_closed(self) -> None:
        """The pipeline was deleted."""
