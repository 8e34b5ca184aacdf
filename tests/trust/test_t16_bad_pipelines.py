"""T16: a pipeline with a fault gets one sentence, over HTTP and on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import httpx
import pytest

from tensorrag.check import check as check_pipeline
from tensorrag.cli import executing, main
from tensorrag.errors import FileFormatError
from tensorrag.pipeline.files import dumps, loads
from tensorrag.plain import JsonObject
from tensorrag.registry.finding import Registry
from tests.clock import FULL
from tests.core.engine import InProcess
from tests.core.hostile_files import HOSTILE
from tests.servers import launch
from tests.trust.bad_pipelines import CARDS, CHAIN, EDGES, FAN, PARAMETERS, Bad
from tests.trust.random_faults import random_faults

FAULTS = 4_000 if FULL else 300
BAD = {
    f"{what}: {name}": bad
    for what, found in (("card", CARDS), ("wire", EDGES), ("parameter", PARAMETERS))
    for name, bad in found.items()
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks one server, for all tests here: what one sends must not harm the next."""
    folder = tmp_path_factory.mktemp("server")
    server = launch(folder / "workspace", folder / "log")
    try:
        server.wait()
        with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
            yield client
    finally:
        server.stop()


def found(bad: Bad, problems: list[JsonObject]) -> JsonObject | None:
    """Return the problem that had to be found, where it had to be found."""
    places = {"node": bad.node, "field": bad.param, "edge": bad.edge}
    wanted = {"code": bad.code} | {key: place for key, place in places.items() if place is not None}
    for problem in problems:
        if wanted.items() <= problem.items() and bad.says in problem["message"] + problem["hint"]:
            return problem
    return None


def one_sentence(text: str) -> bool:
    """Tell whether this can be read at a glance: no trace of the program, on one line, short."""
    return (
        text.endswith((".", "?"))
        and "\n" not in text
        and "Traceback" not in text
        and len(text) < 300
    )


# --- over HTTP ------------------------------------------------------------------------------


@pytest.mark.slow
def test_over_http_it_opens_says_so_keeps_all_and_does_not_run(client: httpx.Client) -> None:
    wrong: dict[str, object] = {}
    for name, bad in BAD.items():
        made = client.post("/api/pipelines", json=bad.content())
        pipeline_id = made.json()["id"]
        kept = client.get(f"/api/pipelines/{pipeline_id}").json()
        problems = client.post(f"/api/pipelines/{pipeline_id}/check").json()["problems"]
        started = client.post("/api/runs", json={"pipeline_id": pipeline_id})
        said = problems if bad.code != "executor_unknown" else started.json()["problems"]
        problem = found(bad, said)
        if problem is None or not one_sentence(problem["message"]):
            wrong[name] = problems
        elif kept["nodes"] != bad.content()["nodes"] and not _kept(bad.content(), kept):
            wrong[name] = kept
        elif started.status_code != 422 or not one_sentence(started.json()["detail"]):
            wrong[name] = started.text

    assert wrong == {}
    assert client.get("/healthz").json()["status"] == "ok"


def _kept(given: JsonObject, kept: JsonObject) -> bool:
    """Tell whether a file has all that it had, beside what is written always."""
    nodes = {json.dumps(n.get("id")): n for n in kept["nodes"] if isinstance(n, dict)}
    same = all(
        not isinstance(n, dict) or n.items() <= nodes[json.dumps(n.get("id"))].items()
        for n in given["nodes"]
    )
    return same and [e in kept["edges"] for e in given["edges"]].count(False) == 0


def test_over_http_what_is_no_pipeline_is_refused(client: httpx.Client) -> None:
    before = client.get("/api/pipelines").json()
    wrong: dict[str, object] = {}
    for name, hostile in HOSTILE.items():
        content = hostile()
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        for address in ("/api/pipelines", "/api/check"):
            answer = client.post(address, content=data)
            if answer.status_code not in (400, 413) or not one_sentence(answer.json()["detail"]):
                wrong[f"{name} to {address}"] = answer.text

    assert wrong == {}
    assert client.get("/api/pipelines").json() == before


def test_over_http_200_megabytes_are_refused(client: httpx.Client) -> None:
    megabyte = b'"' + b"x" * (2**20 - 3) + b'",'

    def endless() -> Iterator[bytes]:
        yield b'{"format": "tensorrag.pipeline", "version": 1, "nodes": ['
        for _ in range(200):
            yield megabyte

    try:
        answer = client.post("/api/pipelines", content=endless())
    except httpx.WriteError:  # it hung up before all had come
        pass
    else:
        assert answer.status_code == 413
        assert one_sentence(answer.json()["detail"])
    assert client.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize("content", [CHAIN, FAN], ids=["chain of 500", "fan of 200"])
def test_large_ones_open_and_are_sound(client: httpx.Client, content: JsonObject) -> None:
    made = client.post("/api/pipelines", json=content).json()

    assert client.post(f"/api/pipelines/{made['id']}/check").json()["problems"] == []


def test_results_in_a_file_are_no_results(client: httpx.Client) -> None:
    fake = {"state": "done", "outputs": {"dataset": {"type": "Table", "sha256": "0" * 64}}}
    content = {**FAN, "results": {"load": fake}, "runs": [fake]}
    content["nodes"] = [{**FAN["nodes"][0], "state": "done", "outputs": fake["outputs"]}]
    content["edges"] = []

    made = client.post("/api/pipelines", json=content).json()

    assert len(made["warnings"]) == 4  # each unknown key is named, and kept
    assert client.get("/api/runs").json() == []
    kept = client.get(f"/api/pipelines/{made['id']}").json()
    assert (kept["results"], kept["nodes"][0]["outputs"]) == ({"load": fake}, fake["outputs"])


# --- on the command line --------------------------------------------------------------------


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str | bytes], tuple[int, str, str]]:
    """Checks the text of a file; returns the exit code and what was printed."""
    monkeypatch.setattr(executing, "open_executors", lambda folder: {"local": InProcess()})

    def check(content: str | bytes) -> tuple[int, str, str]:
        file = tmp_path / "bad.json"
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        file.write_bytes(data)
        code = main(["check", str(file), "--json", "--workspace", str(tmp_path / "workspace")])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return check


@pytest.mark.parametrize(
    "bad", [bad for bad in BAD.values() if bad.code != "executor_unknown"],
    ids=[name for name, bad in BAD.items() if bad.code != "executor_unknown"],
)  # fmt: skip
def test_check_says_what_is_wrong_and_where(
    bad: Bad, check: Callable[[str], tuple[int, str, str]]
) -> None:
    code, out, _ = check(json.dumps(bad.content()))

    problems = json.loads(out)
    problem = found(bad, problems)
    assert code == 2
    assert problem is not None, problems
    assert one_sentence(problem["message"])


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_check_refuses_what_is_no_pipeline(
    hostile: Callable[[], str | bytes], check: Callable[[str | bytes], tuple[int, str, str]]
) -> None:
    code, out, err = check(hostile())

    (problem,) = json.loads(out)
    assert (code, err) == (2, "")
    assert problem["message"].startswith('"bad.json": ')
    assert one_sentence(problem["message"])


# --- at random ------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_faults_at_random_are_refused_or_open_and_are_kept() -> None:
    registry, opened, problems = Registry.load(), 0, 0
    refused: list[str] = []
    for content in islice(random_faults(seed=5), FAULTS):
        try:
            pipeline = loads(json.dumps(content)).pipeline
        except FileFormatError as error:
            refused.append(error.message)
            continue
        checked = check_pipeline(pipeline, registry)
        assert [p for p in checked.problems if p.code == "card_broken"] == []
        assert all(one_sentence(problem.message) for problem in checked.problems)
        text = dumps(pipeline)
        assert dumps(loads(text).pipeline) == text
        opened, problems = opened + 1, problems + len(checked.problems)

    assert opened > FAULTS / 2
    assert len(refused) > FAULTS / 20
    assert all(map(one_sentence, refused))
    assert problems > opened
