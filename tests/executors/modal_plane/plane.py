"""The control plane: what the real SDK of Modal talks to, here on 127.0.0.1.

It does what TensorRag uses of Modal; whatever else is asked for is remembered, so that a new
version of the SDK shows itself. Image builds and GPUs are not modelled.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import web
from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from grpclib.const import Handler
from grpclib.protocol import H2Protocol
from grpclib.server import Server, Stream
from modal_proto import api_pb2
from modal_proto.api_grpc import ModalClientBase

from tests.executors.modal_plane.containers import Containers, Result

_DONE = Result.GENERIC_STATUS_SUCCESS

TOKEN = ("ak-here", "as-here")


class Plane(Containers):
    """One account of Modal.

    Args:
        folder: where it keeps everything.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.deployed: dict[str, str] = {}
        """Ids of the functions of the app, by name; empty before it is deployed."""
        self.is_building = False
        """Whether images take until this is taken back."""
        self.image_fails = ""
        """Why no image can be built."""
        self.tags: dict[str, str] = {}
        """What the app says of itself."""
        self.options: list[api_pb2.FunctionOptions] = []
        """What variants of functions were asked for."""
        self.asked: list[str] = []
        """Every call that came, by name."""
        self.rates: dict[str, str] | None = None
        """US$ per hour by resource; None: the account may not ask."""
        self.swallowed: set[str] = set()
        """Calls that do what they do, and whose answer is lost on its way."""
        self._swallowed_before: set[Any] = set()
        self.gone = asyncio.Event()
        """Whether it cannot be reached from outside; its containers reach it all the same."""
        self.unknown: set[str] = set()
        """Calls that came and are not modelled."""

    async def start(self) -> None:
        """Listen."""
        self._loop = asyncio.get_running_loop()
        self._runner = web.AppRunner(self._web())
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        self._server = _Listening([self])
        await self._server.start("127.0.0.1", 0)
        grpc = self._server._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.server_url = f"http://127.0.0.1:{grpc}"

    def call_soon(self, does: Callable[[], None]) -> None:
        """Have something happen to it; for other threads."""
        self._loop.call_soon_threadsafe(does)

    def _web(self) -> web.Application:
        application = web.Application(client_max_size=1 << 30)
        application.router.add_put("/{kind}/{name:.+}", self.put)
        application.router.add_get("/{kind}/{name:.+}", self.get)
        return application

    def __mapping__(self) -> dict[str, Handler]:
        """Answer every call that the SDK knows."""
        known: dict[str, Handler] = ModalClientBase.__mapping__(_Names())  # type: ignore[arg-type]
        return {
            path: Handler(self._answering(str(handler.func)), *handler[1:])
            for path, handler in known.items()
        }

    def _answering(self, name: str) -> Callable[[Stream[Any, Any]], Any]:
        async def answer(stream: Stream[Any, Any]) -> None:
            request = await stream.recv_message()
            self.asked.append(name)
            does = getattr(self, name, None)
            if does is None:
                self.unknown.add(name)
                raise GRPCError(Status.UNIMPLEMENTED, f"{name} is not modelled")
            metadata: Any = stream.metadata
            is_container = "x-container" in metadata
            token = (metadata.get("x-modal-token-id"), metadata.get("x-modal-token-secret"))
            if not is_container and token != TOKEN:
                raise GRPCError(Status.UNAUTHENTICATED, "the token is not known")
            if name in self.swallowed and not is_container:
                await self._swallow(does, request, metadata)
            elif not is_container and not inspect.isasyncgenfunction(does):
                await stream.send_message(await self._unless_gone(does(request, metadata)))
            elif inspect.isasyncgenfunction(does):
                async for message in does(request, metadata):
                    await stream.send_message(message)
            else:
                await stream.send_message(await does(request, metadata))

        return answer

    async def _unless_gone(self, answer: Coroutine[Any, Any, Any]) -> Any:
        """Give an answer, unless the line breaks before it is there."""
        work, gone = asyncio.ensure_future(answer), asyncio.ensure_future(self.gone.wait())
        await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if self.gone.is_set():
            work.cancel()
            raise GRPCError(Status.UNAVAILABLE, "the line is broken")
        return await work

    async def _swallow(self, does: Any, request: Any, metadata: Any) -> None:
        """Do it once, however often it is asked for, and do not say so."""
        key = metadata["x-idempotency-key"]
        if key not in self._swallowed_before:
            self._swallowed_before.add(key)
            await does(request, metadata)
        raise GRPCError(Status.UNAVAILABLE, "the line is broken")

    # The app

    async def ClientHello(self, request: Any, metadata: Any) -> Any:
        return api_pb2.ClientHelloResponse()

    async def AuthTokenGet(self, request: Any, metadata: Any) -> Any:
        return api_pb2.AuthTokenGetResponse(token="e30.e30.e30")

    async def EnvironmentGetOrCreate(self, request: Any, metadata: Any) -> Any:
        settings = api_pb2.EnvironmentSettings(image_builder_version="2025.06")
        return api_pb2.EnvironmentGetOrCreateResponse(
            environment_id="en-1",
            metadata=api_pb2.EnvironmentMetadata(name="main", settings=settings),
        )

    async def AppGetByDeploymentName(self, request: Any, metadata: Any) -> Any:
        return api_pb2.AppGetByDeploymentNameResponse(app_id="ap-1" if self.deployed else "")

    async def AppGetOrCreate(self, request: Any, metadata: Any) -> Any:
        if not self.deployed:
            raise GRPCError(Status.NOT_FOUND, "no such app")
        return api_pb2.AppGetOrCreateResponse(app_id="ap-1")

    async def AppGetTags(self, request: Any, metadata: Any) -> Any:
        return api_pb2.AppGetTagsResponse(tags=self.tags)

    async def AppGetLayout(self, request: Any, metadata: Any) -> Any:
        return api_pb2.AppGetLayoutResponse(app_layout=self.layout)

    async def AppCreate(self, request: Any, metadata: Any) -> Any:
        return api_pb2.AppCreateResponse(app_id="ap-1", app_page_url="http://127.0.0.1/app")

    async def AppHeartbeat(self, request: Any, metadata: Any) -> Any:
        return Empty()

    async def AppClientDisconnect(self, request: Any, metadata: Any) -> Any:
        return Empty()

    async def AppPublish(self, request: Any, metadata: Any) -> Any:
        self.deployed, self.tags = dict(request.function_ids), dict(request.tags)
        return api_pb2.AppPublishResponse(url="http://127.0.0.1/app", deployed_at=time.time())

    async def ImageGetOrCreate(self, request: Any, metadata: Any) -> Any:
        return api_pb2.ImageGetOrCreateResponse(image_id="im-1", metadata=api_pb2.ImageMetadata())

    async def ImageJoinStreaming(self, request: Any, metadata: Any) -> AsyncIterator[Any]:
        logs = [
            api_pb2.TaskLogs(
                data="Installing the packages\n", file_descriptor=api_pb2.FILE_DESCRIPTOR_STDOUT
            )
        ]
        yield api_pb2.ImageJoinStreamingResponse(task_logs=logs, entry_id="1")
        while self.is_building:
            await asyncio.sleep(0.05)
        status = Result.GENERIC_STATUS_FAILURE if self.image_fails else _DONE
        done = Result(status=status, exception=self.image_fails)
        yield api_pb2.ImageJoinStreamingResponse(result=done, metadata=api_pb2.ImageMetadata())

    async def WorkspaceNameLookup(self, request: Any, metadata: Any) -> Any:
        return api_pb2.WorkspaceNameLookupResponse(username="me")

    async def WorkspaceBillingRates(self, request: Any, metadata: Any) -> Any:
        if self.rates is None:
            raise GRPCError(Status.PERMISSION_DENIED, "only owners see the prices")
        return api_pb2.WorkspaceBillingRatesResponse(rates=self.rates)

    # Functions

    def _handle(self, function: str) -> api_pb2.FunctionHandleMetadata:
        made = self.functions[function]
        return api_pb2.FunctionHandleMetadata(
            function_name=made.function_name,
            function_type=made.function_type,
            definition_id=f"de-{function}",
            supported_input_formats=made.supported_input_formats,
            supported_output_formats=made.supported_output_formats,
        )

    def _data(self, function: str) -> api_pb2.FunctionData:
        made = self.functions[function]
        ranked = api_pb2.FunctionData.RankedFunction(rank=0, function=made)
        return api_pb2.FunctionData(
            module_name=made.module_name,
            function_name=made.function_name,
            timeout_secs=made.timeout_secs,
            ranked_functions=[ranked],
        )

    async def FunctionPrecreate(self, request: Any, metadata: Any) -> Any:
        function = f"fu-{len(self.functions)}"
        self.functions[function] = api_pb2.Function(
            function_name=request.function_name, function_type=request.function_type
        )
        return api_pb2.FunctionPrecreateResponse(
            function_id=function, handle_metadata=self._handle(function)
        )

    async def FunctionCreate(self, request: Any, metadata: Any) -> Any:
        function = request.existing_function_id
        self.functions[function] = request.function
        handle = self._handle(function)
        self.layout.function_ids[request.function.function_name] = function
        self.layout.objects.append(
            api_pb2.Object(object_id=function, function_handle_metadata=handle)
        )
        known = {each.object_id for each in self.layout.objects}
        for needed in request.function.object_dependencies:
            if needed.object_id not in known:
                known.add(needed.object_id)
                self.layout.objects.append(self._object(needed.object_id))
        return api_pb2.FunctionCreateResponse(
            function_id=function,
            function=request.function,
            function_data=self._data(function),
            handle_metadata=handle,
        )

    def _object(self, name: str) -> api_pb2.Object:
        if name in self.volumes.values():
            version = api_pb2.VolumeMetadata(version=api_pb2.VOLUME_FS_VERSION_V2)
            return api_pb2.Object(object_id=name, volume_metadata=version)
        return api_pb2.Object(object_id=name)

    async def FunctionGet(self, request: Any, metadata: Any) -> Any:
        function = self.deployed.get(request.object_tag)
        if function is None:
            raise GRPCError(Status.NOT_FOUND, "no such function")
        return api_pb2.FunctionGetResponse(
            function_id=function,
            handle_metadata=self._handle(function),
            function=self._data(function),
        )

    async def FunctionBindParams(self, request: Any, metadata: Any) -> Any:
        self.options.append(request.function_options)
        key = f"{request.function_id}-{request.function_options.SerializeToString().hex()}"
        bound = api_pb2.Function()
        bound.CopyFrom(self.functions[request.function_id])
        if request.function_options.HasField("timeout_secs"):
            bound.timeout_secs = request.function_options.timeout_secs
        if request.function_options.HasField("resources"):
            bound.resources.MergeFrom(request.function_options.resources)
        self.functions.setdefault(key, bound)
        return api_pb2.FunctionBindParamsResponse(
            bound_function_id=key, handle_metadata=self._handle(key)
        )

    # Calls

    async def FunctionMap(self, request: Any, metadata: Any) -> Any:
        (item,) = request.pipelined_inputs
        call = self.start_call(
            request.function_id, item.input, request.function_call_invocation_type
        )
        sent = api_pb2.FunctionPutInputsResponseItem(idx=0, input_id=call.id, input_jwt="jwt")
        return api_pb2.FunctionMapResponse(function_call_id=call.id, pipelined_inputs=[sent])

    async def FunctionCallFromId(self, request: Any, metadata: Any) -> Any:
        if request.function_call_id not in self.calls:
            raise GRPCError(Status.NOT_FOUND, "no such call")
        return api_pb2.FunctionCallFromIdResponse(
            function_call_id=request.function_call_id, num_inputs=1
        )

    async def FunctionGetOutputs(self, request: Any, metadata: Any) -> Any:
        call = self.calls.get(request.function_call_id)
        if call is None:
            return api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=0)
        try:
            await asyncio.wait_for(call.ended.wait(), request.timeout or 0.001)
        except TimeoutError:
            return api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=1)
        return api_pb2.FunctionGetOutputsResponse(outputs=[call.output] if call.output else [])

    async def FunctionCallCancel(self, request: Any, metadata: Any) -> Any:
        call = self.calls[request.function_call_id]
        if call.output is None:
            self._end(call, Result.GENERIC_STATUS_TERMINATED, "it was cancelled")
        return Empty()


class _Listening(Server):
    """A server that hangs up when it is closed, as a machine that is switched off."""

    def __init__(self, handlers: list[Any]) -> None:
        super().__init__(handlers)
        self._spoken_with: list[H2Protocol] = []

    def _protocol_factory(self) -> H2Protocol:
        self._spoken_with.append(super()._protocol_factory())
        return self._spoken_with[-1]

    def close(self) -> None:
        super().close()
        for each in self._spoken_with:
            each.connection.close()


class _Names:
    """Gives for every method its name."""

    def __getattr__(self, name: str) -> str:
        return name


class PlaneThread:
    """A control plane in a thread of its own, as if it were elsewhere."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.plane: Plane = self.call(self._start(folder))

    def call(self, coroutine: Any) -> Any:
        """Have something done there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _start(self, folder: Path) -> Plane:
        plane = Plane(folder)
        await plane.start()
        return plane

    def stop(self) -> None:
        """End it, with all its containers."""
        self.call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _stop(self) -> None:
        self.plane.stop_containers()
        self.plane._server.close()
        await self.plane._runner.cleanup()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.1)  # connections close a moment later
