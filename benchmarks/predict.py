"""A trained model that is asked over HTTP: one row, a thousand, and four clients at once.

    python -m benchmarks.predict [--requests 400] [--cores 2]

A real server trains a ridge regression and a network on the diabetes table, and answers with a
process that keeps each open. Clients are on the same machine and take their part of its cores.
"""

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from benchmarks.serving import server

SAMPLES = Path(__file__).parent.parent / "sample_data" / "pipelines"
SECONDS, CLIENTS = 5.0, 4
LIMITS = {"one_ms": 10.0, "thousand_ms": 50.0}
AT_LEAST = {"per_second": 200.0}


def pipelines() -> dict[str, dict[str, Any]]:
    """Return the pipelines that train each model."""
    line: dict[str, Any] = json.loads((SAMPLES / "diabetes.json").read_text())
    network = json.loads(json.dumps(line))
    for node in line["nodes"]:
        if node["card"] == "model_define":
            node["params"] = {"model_type": "ridge"}
    for node in network["nodes"]:
        if node["card"] == "model_define":
            node |= {"card": "model_define_gpu", "params": {"epochs": 5}}
        elif node["card"] == "train":
            node |= {"card": "train_gpu"}
    return {"ridge": line, "network": network}


def trained(http: httpx.Client, pipeline: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Train a model; returns where it is asked, and a row that it takes."""
    run = http.post("/api/runs", json={"pipeline": pipeline}).json()["run"]
    while (status := http.get(f"/api/runs/{run}").json()["status"]) in ("queued", "running"):
        time.sleep(0.1)
    if status != "succeeded":
        sys.exit(f"The run {status}.")
    model = http.get("/api/models").json()[0]["id"]
    described = http.get(f"/api/models/{model}/openapi.json").json()
    ((path, methods),) = described["paths"].items()
    content = methods["post"]["requestBody"]["content"]["application/json"]
    return path, content["schema"].get("example", content.get("example"))["rows"][0]


def times(ask: Callable[[], object], count: int) -> list[float]:
    """Return how many milliseconds each of so many questions takes."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return took


def per_second(http: httpx.Client, path: str, row: dict[str, Any]) -> float:
    """Return how many one-row questions are answered in a second when several clients ask."""
    counts: list[int] = []

    def ask() -> None:
        with httpx.Client(base_url=http.base_url, timeout=60, trust_env=False) as mine:
            end, count = time.perf_counter() + SECONDS, 0
            while time.perf_counter() < end:
                mine.post(path, json={"rows": [row]}).raise_for_status()
                count += 1
            counts.append(count)

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(counts) / SECONDS


def measure(http: httpx.Client, pipeline: dict[str, Any], requests: int) -> dict[str, float]:
    """Train a model and ask it."""
    path, row = trained(http, pipeline)

    def ask(rows: int) -> Callable[[], object]:
        body = {"rows": [row] * rows}
        return lambda: http.post(path, json=body).raise_for_status()

    (first,) = times(ask(1), 1)
    one, thousand = times(ask(1), requests), times(ask(1000), max(requests // 10, 1))
    return {
        "first_ms": first,
        "one_ms": statistics.median(one),
        "one_p95_ms": statistics.quantiles(one, n=20)[-1],
        "thousand_ms": statistics.median(thousand),
        "per_second": per_second(http, path, row),
    }


def main() -> int:
    """Measure both models, and say whether the figures hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--cores", type=int, default=2)
    asked = parser.parse_args()
    wrong = []
    with server(asked.cores) as http:
        for name, pipeline in pipelines().items():
            found = measure(http, pipeline, asked.requests)
            print(name, *(f"{key} {value:,.1f}" for key, value in found.items()), sep="  ")
            wrong += [f"{name} {key}" for key, most in LIMITS.items() if found[key] > most]
            wrong += [f"{name} {key}" for key, least in AT_LEAST.items() if found[key] < least]
    print(f"Beyond its figure: {', '.join(wrong)}." if wrong else "All figures hold.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
