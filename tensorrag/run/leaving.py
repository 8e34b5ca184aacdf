"""Has a pipeline written as plain Python, with what its last run tells, and has that verified."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tensorrag.catalog import Catalog
from tensorrag.check import Checked
from tensorrag.errors import PipelineError
from tensorrag.leaving import Written
from tensorrag.leaving.as_python import python
from tensorrag.leaving.bundle import readme, requirements
from tensorrag.leaving.comparing import Verdict, compare
from tensorrag.leaving.notebook import notebook
from tensorrag.leaving.written import Outcome
from tensorrag.peek import Peek
from tensorrag.pipeline import Pipeline
from tensorrag.pipeline.as_json import to_json
from tensorrag.placement import LOCAL
from tensorrag.plain import JsonObject
from tensorrag.run.plan import plan
from tensorrag.run.prepare import Checker
from tensorrag.store.latest import failures
from tensorrag.store.results import Result
from tensorrag.store.workspace import Workspace
from tensorrag.task import Task

Ask = Callable[[Task], Awaitable[JsonObject]]
"""Has a task done by whoever takes its kind."""
Form = Literal["py", "ipynb", "zip"]
LONGEST = 3600.0
"""Seconds that a script may take when it is verified."""


@dataclass(frozen=True)
class Leaving:
    """A pipeline that leaves.

    Args:
        written: what its cards wrote.
        made: what came out when it ran last, by node and port, as far as that is still valid.
        elsewhere: whether some of that was made on a GPU or on another machine.
        failures: sentences on cards of it that did not come to their end, in their order.
    """

    written: Written
    made: Mapping[str, Mapping[str, JsonObject]]
    elsewhere: bool = False
    failures: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What changes with anything that is verified: the script, and what the last run made."""
        made = [self._sha256(outcome) for outcome in self.written.outcomes]
        return hashlib.sha256(json.dumps([self.written.digest, made]).encode()).hexdigest()

    def _sha256(self, outcome: Outcome) -> str | None:
        return self.made.get(outcome.node, {}).get(outcome.port, {}).get("sha256")

    def text(self, form: Form, badge: str = "") -> str:
        """Return the script or the notebook; raises CardError where a card cannot leave."""
        self.written.insist()
        return notebook(self.written, badge) if form == "ipynb" else python(self.written, badge)

    async def bundle(self, ask: Ask, to: Path, badge: str = "") -> None:
        """Write a ZIP file of the script, the notebook, the data and what is needed to run it.

        Raises:
            CardError: a card cannot leave.
            TaskFailed: a file that it reads is not there, or may not be read.
        """
        texts = {
            "script.py": self.text("py", badge),
            "notebook.ipynb": self.text("ipynb", badge),
            "requirements.txt": requirements(self.written),
            "README.md": readme(self.written, badge),
        }
        await ask(Task(kind="bundle", params={"texts": texts, "to": str(to), **self._files()}))

    async def verify(self, ask: Ask) -> Verdict:
        """Run the script in a process without TensorRag, and hold it against the last run.

        Raises:
            CardError: a card cannot leave.
            PipelineError: the pipeline, as it is now, has not run, or not to its end.
            TaskFailed: the script fails, or a file that it reads is not there.
        """
        if self.failures:
            hint = "Have the pipeline run to its end, then verify."
            raise PipelineError(self.failures[0], hint=hint)
        script = self.text("py")
        for outcome in self.written.outcomes:
            if outcome.port not in self.made.get(outcome.node, {}):
                raise PipelineError(
                    f"{outcome.label} has not run as it is now: there is nothing to compare with.",
                    hint="Run the pipeline, then verify.",
                )
        params = {"script": script, **self._files()}
        inputs = {outcome.label: (digest,) for outcome, digest in self._tables()}
        task = Task(kind="verify", params=params, inputs=inputs, timeout=LONGEST)
        answer = await ask(task)
        return compare(
            self.written.outcomes,
            self.made,
            answer,
            digest=self.digest,
            network="import torch" in self.written.imports,
            elsewhere=self.elsewhere,
        )

    def _tables(self) -> Iterator[tuple[Outcome, str]]:
        """Return the tables that are compared, and what they are stored as."""
        for outcome in self.written.outcomes:
            digest = self._sha256(outcome)
            if outcome.compared and not outcome.metrics and digest is not None:
                yield outcome, digest

    def _files(self) -> dict[str, Any]:
        return {"files": [file.model_dump(mode="json") for file in self.written.files]}


async def leave(
    pipeline: Pipeline,
    pipeline_id: str,
    workspace: Workspace,
    catalog: Catalog,
    check: Checker,
    ask: Ask,
) -> Leaving:
    """Have a pipeline written as it is now. Nothing runs, and no source is looked at.

    Args:
        pipeline: as it is now.
        pipeline_id: what its runs are compared by.
        workspace: has what it made before.
        catalog: the cards.
        check: checks it where cards may be imported.
        ask: has it written there.
    """
    checked = await check(pipeline, {})
    peeks = await asyncio.to_thread(_seen, checked, workspace)
    if peeks:
        checked = await check(pipeline, peeks)
    ran = await asyncio.to_thread(workspace.journal.previous, pipeline_id)
    ended = await asyncio.to_thread(failures, workspace.journal, pipeline_id)
    results = await asyncio.to_thread(_results, pipeline, ran, checked, catalog, workspace)
    made = {node: dict(result.summary["outputs"]) for node, result in results.items()}
    params = {
        "pipeline": to_json(pipeline),
        "peeks": {key: peek.model_dump(mode="json") for key, peek in peeks.items()},
        "made": {
            node: {port: output["schema"] for port, output in outputs.items()}
            for node, outputs in made.items()
        },
        "ran": [node for node in ran if node not in ended],
    }
    answer = await ask(Task(kind="script", params=params))
    written = Written.model_validate(answer)
    nodes = [*(part.node for part in written.parts), *(each.node for each in written.refusals)]
    return Leaving(
        written,
        made,
        elsewhere=any(map(_was_made_elsewhere, results.values())),
        failures=tuple(
            f"{checked.nodes[node].title} {ended[node]}"
            for node in nodes
            if node in ended and node not in results
        ),
    )


def _seen(checked: Checked, workspace: Workspace) -> dict[str, Peek]:
    """Return what was seen at the sources before. Reads a database: for a thread."""
    keys = {facts.peek_key for facts in checked.nodes.values() if facts.peek_key is not None}
    found = {key: workspace.store.peeks.get(key) for key in keys}
    return {key: peek for key, peek in found.items() if peek is not None}


def _results(
    pipeline: Pipeline,
    ran: Mapping[str, JsonObject],
    checked: Checked,
    catalog: Catalog,
    workspace: Workspace,
) -> dict[str, Result]:
    """Return the results of the nodes that still hold. Reads databases: for a thread."""
    try:
        planned = plan(pipeline, checked, workspace.store, ran, catalog=catalog)
    except PipelineError:  # a circle, which the check names
        return {}
    return {
        node: expected.result for node, expected in planned.items() if expected.result is not None
    }


def _was_made_elsewhere(result: Result) -> bool:
    return result.executor not in (None, LOCAL) or result.device not in (None, "cpu")
