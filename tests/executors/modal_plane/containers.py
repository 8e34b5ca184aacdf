"""The stand-in's containers: processes that see the mounted sources and nothing else of ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty
from modal_proto import api_pb2

from tests.executors.modal_plane.stored import Stored, link_new

Result = api_pb2.GenericResult


@dataclass(eq=False)
class Call:
    """One call of a function."""

    id: str
    function: str
    item: api_pb2.FunctionInput
    invocation: Any
    output: api_pb2.FunctionGetOutputsItem | None = None
    container: Container | None = None
    clock: asyncio.TimerHandle | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, output: api_pb2.FunctionGetOutputsItem) -> None:
        """Note how it ended; the first end counts."""
        if self.output is None:
            self.output = output
            self.ended.set()
        if self.clock is not None:
            self.clock.cancel()
        self.container = None

    def fail(self, status: Any, message: str) -> None:
        """End it without an answer of the function."""
        result = Result(status=status, exception=message)
        self.end(api_pb2.FunctionGetOutputsItem(result=result, input_id=self.id))


@dataclass(eq=False)
class Container:
    """One process."""

    id: str
    function: str
    process: subprocess.Popen[bytes]
    call: Call | None = None
    over: bool = False

    def kill(self) -> None:
        """End it and all that it started."""
        self.over = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Containers(Stored):
    """Mixed into the control plane: calls of functions, and the processes that perform them."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: dict[str, api_pb2.Function] = {}
        self.layout = api_pb2.AppLayout()
        self.calls: dict[str, Call] = {}
        self.containers: dict[str, Container] = {}
        self.scarce: set[str] = set()
        """GPUs of which none is free: calls that need one wait, until it is taken out."""
        self.mutations: dict[str, tuple[str, str]] = {}
        """By source file, what is written there in new containers instead of what."""
        self._waiting: dict[str, deque[Call]] = {}
        self._came = asyncio.Event()

    def start_call(self, function: str, item: api_pb2.FunctionInput, invocation: Any) -> Call:
        """Accept a call; a container is started where none is free."""
        call = Call(f"fc-{len(self.calls)}", function, item, invocation)
        self.calls[call.id] = call
        waiting = self._waiting.setdefault(function, deque())
        waiting.append(call)
        mine = [c for c in self.containers.values() if c.function == function and not c.over]
        if sum(c.call is None for c in mine) < len(waiting):
            asyncio.get_running_loop().create_task(self._start_when_there_is_one(function))
        self._wake()
        return call

    def preempt(self) -> None:
        """Take the machines of all calls away; each begins again in another container."""
        for container in [c for c in self.containers.values() if c.call is not None]:
            call, container.call = container.call, None
            container.kill()
            if call is not None:
                call.container = None
                if call.clock is not None:
                    call.clock.cancel()
                self._waiting[call.function].appendleft(call)
                self._start_container(call.function)

    def stop_containers(self) -> None:
        """End everything."""
        for container in self.containers.values():
            container.kill()

    async def _start_when_there_is_one(self, function: str) -> None:
        """Start a container, once there is a GPU for it, if anybody still waits."""
        while self.functions[function].resources.gpu_config.gpu_type in self.scarce:
            await asyncio.sleep(0.05)
        if self._waiting.get(function):
            self._start_container(function)

    def _start_container(self, function: str) -> None:
        name = f"ta-{len(self.containers)}"
        root = self.place("containers", name)
        root.mkdir()
        self._mount(root, self.functions[function])
        with (root / "out").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-S", "-m", "modal._container_entrypoint"],
                cwd=root,
                env=self._environment(root, name, function),
                start_new_session=True,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.containers[name] = Container(name, function, process)
        asyncio.get_running_loop().create_task(self._watch(self.containers[name]))

    def _mount(self, root: Path, function: api_pb2.Function) -> None:
        for mount in function.mount_ids:
            for file in self.mounts[mount]:
                path = root / file.filename.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.place("files", file.sha256_hex), path)
        for name, (old, new) in self.mutations.items():
            mutated = root / "root" / name
            text = mutated.read_text("utf-8")
            assert text.count(old) == 1, f"{name} has no such line"
            mutated.write_text(text.replace(old, new), "utf-8")
        seen = self.place("seen", root.name)
        for mounted in function.volume_mounts:
            seen.mkdir(exist_ok=True)
            link_new(self.place("volumes", mounted.volume_id), seen)

    def _environment(self, root: Path, name: str, function: str) -> dict[str, str]:
        arguments = api_pb2.ContainerArguments(
            task_id=name,
            function_id=function,
            app_id="ap-1",
            function_def=self.functions[function],
            environment_name="main",
            app_layout=self.layout,
        )
        (root / "arguments").write_bytes(arguments.SerializeToString())
        (root / "tmp").mkdir()
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "TMPDIR": str(root / "tmp"),
            # Without the site module no editable install is seen: what was not mounted is missing.
            "PYTHONPATH": f"{root}/root:{sysconfig.get_path('purelib')}",
            "PYTHONWARNINGS": "ignore",
            "MODAL_SERVER_URL": self.server_url,
            "MODAL_CONTAINER_ARGUMENTS_PATH": str(root / "arguments"),
            "MODAL_IS_REMOTE": "1",
            "MODAL_TASK_ID": name,
            "MODAL_OVERRIDE_HEADERS": f"x-container: {name}",
            "TENSORRAG_DATA": str(self.place("seen", name)),
        }

    server_url: str

    async def _watch(self, container: Container) -> None:
        while container.process.poll() is None:  # a thread for each would use up the loop's
            await asyncio.sleep(0.02)
        container.over = True
        if container.call is not None:
            said = (self.place("containers", container.id) / "out").read_text(errors="replace")
            container.call.fail(Result.GENERIC_STATUS_INTERNAL_FAILURE, said[-2000:])
            container.call = None
        elif container.process.returncode not in (0, -signal.SIGKILL):
            # It never came so far as to ask for work.
            said = (self.place("containers", container.id) / "out").read_text(errors="replace")
            for call in self._waiting.get(container.function, ()):
                call.fail(Result.GENERIC_STATUS_INIT_FAILURE, said[-2000:])
            self._waiting.pop(container.function, None)

    def _wake(self) -> None:
        self._came.set()
        self._came = asyncio.Event()

    # What containers ask

    async def ContainerHello(self, request: Any, metadata: Any) -> Empty:
        return Empty()

    async def ContainerHeartbeat(self, request: Any, metadata: Any) -> Any:
        return api_pb2.ContainerHeartbeatResponse()

    async def FunctionGetInputs(
        self, request: Any, metadata: Any
    ) -> api_pb2.FunctionGetInputsResponse:
        container = self.containers[metadata["x-container"]]
        container.call = None
        while not (waiting := self._waiting.get(container.function)):
            await self._came.wait()
        call = waiting.popleft()
        call.container, container.call = container, call
        seconds = self.functions[call.function].timeout_secs
        call.clock = asyncio.get_running_loop().call_later(seconds, self._expire, call)
        item = api_pb2.FunctionGetInputsItem(
            input_id=call.id,
            input=call.item,
            function_call_id=call.id,
            function_call_invocation_type=call.invocation,
        )
        return api_pb2.FunctionGetInputsResponse(inputs=[item])

    async def FunctionPutOutputs(self, request: Any, metadata: Any) -> Empty:
        for item in request.outputs:
            self.containers[metadata["x-container"]].call = None
            self.calls[item.input_id].end(
                api_pb2.FunctionGetOutputsItem(
                    result=item.result, input_id=item.input_id, data_format=item.data_format
                )
            )
        return Empty()

    async def TaskResult(self, request: Any, metadata: Any) -> Empty:
        container = self.containers[metadata["x-container"]]
        for call in self._waiting.pop(container.function, ()):
            call.end(api_pb2.FunctionGetOutputsItem(result=request.result, input_id=call.id))
        return Empty()

    def _expire(self, call: Call) -> None:
        self._end(call, Result.GENERIC_STATUS_TIMEOUT, "the time was up")

    def _end(self, call: Call, status: Any, message: str) -> None:
        container = call.container
        call.fail(status, message)
        with contextlib.suppress(ValueError):
            self._waiting.get(call.function, deque()).remove(call)
        if container is not None:
            container.call = None
            container.kill()
