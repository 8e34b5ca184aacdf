"""What the stand-in keeps: files of mounts, blobs, volumes by blocks, queues by partitions."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

from aiohttp import web
from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

BLOCK = 8 << 20
"""Bytes of a block of a volume."""


class Stored:
    """Mixed into the control plane: everything that is data."""

    folder: Path
    url: str

    def __init__(self) -> None:
        self.mounts: dict[str, list[api_pb2.MountFile]] = {}
        self.volumes: dict[str, str] = {}
        self.queues: dict[str, str] = {}
        self.items: dict[tuple[str, bytes], list[bytes]] = {}
        self.sent = 0
        """Bytes that clients have sent to volumes."""
        self._common: dict[Path, set[str]] = {}
        """What each copy of a volume had in common with the volume when they last met."""
        self._said = asyncio.Event()

    def place(self, kind: str, name: str) -> Path:
        """Where something of a kind lies."""
        path = self.folder / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    # Files of mounts

    async def MountBatchedCheckExistence(
        self, request: Any, metadata: Any
    ) -> api_pb2.MountBatchedCheckExistenceResponse:
        missing = [h for h in request.sha256_hex_hashes if not self.place("files", h).exists()]
        return api_pb2.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=missing)

    async def MountPutFile(self, request: Any, metadata: Any) -> api_pb2.MountPutFileResponse:
        path = self.place("files", request.sha256_hex)
        if request.data_blob_id:
            shutil.copyfile(self.place("blobs", request.data_blob_id), path)
        elif request.WhichOneof("data_oneof") == "data":
            path.write_bytes(request.data)
        return api_pb2.MountPutFileResponse(exists=path.exists())

    async def MountGetOrCreate(
        self, request: Any, metadata: Any
    ) -> api_pb2.MountGetOrCreateResponse:
        mount = f"mo-{len(self.mounts)}"
        self.mounts[mount] = list(request.files)
        return api_pb2.MountGetOrCreateResponse(mount_id=mount)

    # Blobs

    async def BlobCreate(self, request: Any, metadata: Any) -> api_pb2.BlobCreateResponse:
        blob = f"bl-{hashlib.sha256(os.urandom(16)).hexdigest()[:16]}"
        urls = api_pb2.BlobCreateResponse.DESCRIPTOR.fields_by_name["upload_urls"].message_type
        made = api_pb2.BlobCreateResponse(blob_ids=[blob])
        assert urls is not None
        made.upload_urls.items.append(f"{self.url}/blobs/{blob}")
        return made

    async def BlobGet(self, request: Any, metadata: Any) -> api_pb2.BlobGetResponse:
        return api_pb2.BlobGetResponse(download_url=f"{self.url}/blobs/{request.blob_id}")

    async def put(self, request: web.Request) -> web.Response:
        """Take a blob or a block."""
        kind, name = request.match_info["kind"], request.match_info["name"]
        content = await request.read()
        if kind == "blocks":
            self.sent += len(content)
        self.place(kind, name).write_bytes(content)
        return web.Response(text="kept", headers={"ETag": hashlib.md5(content).hexdigest()})  # noqa: S324

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Give a blob, or a part of a file on a volume."""
        kind, name = request.match_info["kind"], request.match_info["name"]
        start, length = (int(request.query.get(key, -1)) for key in ("start", "length"))
        with self.place(kind, name).open("rb") as file:
            file.seek(max(start, 0))
            return web.Response(body=file.read(length))

    # Volumes

    async def VolumeGetOrCreate(
        self, request: Any, metadata: Any
    ) -> api_pb2.VolumeGetOrCreateResponse:
        volume = self.volumes.setdefault(request.deployment_name, f"vo-{len(self.volumes)}")
        self.place("volumes", volume).mkdir(exist_ok=True)
        version = api_pb2.VOLUME_FS_VERSION_V2
        return api_pb2.VolumeGetOrCreateResponse(
            volume_id=volume,
            version=version,
            metadata=api_pb2.VolumeMetadata(version=version, name=request.deployment_name),
        )

    async def VolumePutFiles2(self, request: Any, metadata: Any) -> api_pb2.VolumePutFiles2Response:
        missing = [
            api_pb2.VolumePutFiles2Response.MissingBlock(
                file_index=number,
                block_index=index,
                put_url=f"{self.url}/blocks/{block.contents_sha256.hex()}",
            )
            for number, file in enumerate(request.files)
            for index, block in enumerate(file.blocks)
            if not self.place("blocks", block.contents_sha256.hex()).exists()
        ]
        if not missing:
            for file in request.files:
                self._assemble(self.place("volumes", request.volume_id), file)
        return api_pb2.VolumePutFiles2Response(missing_blocks=missing)

    def _assemble(self, volume: Path, file: api_pb2.VolumePutFiles2Request.File) -> None:
        path = volume / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as whole:
            for block in file.blocks:
                whole.write(self.place("blocks", block.contents_sha256.hex()).read_bytes())
            whole.truncate(file.size)

    async def VolumeGetFile2(self, request: Any, metadata: Any) -> api_pb2.VolumeGetFile2Response:
        name = f"{request.volume_id}/{request.path.lstrip('/')}"
        path = self.place("volumes", name)
        if not path.is_file():
            raise GRPCError(Status.NOT_FOUND, f"{request.path} is not there")
        size = path.stat().st_size
        urls = [
            f"{self.url}/volumes/{name}?start={start}&length={BLOCK}"
            for start in range(0, size, BLOCK)
        ]
        return api_pb2.VolumeGetFile2Response(get_urls=urls, size=size, start=0, len=size)

    async def VolumeListFiles2(self, request: Any, metadata: Any) -> Any:
        volume = self.place("volumes", request.volume_id)
        folder = volume / request.path.strip("/")
        if not folder.exists():
            raise GRPCError(Status.NOT_FOUND, f"{request.path} is not there")
        paths = folder.rglob("*") if request.recursive else folder.iterdir()
        return api_pb2.VolumeListFiles2Response(
            entries=[
                api_pb2.FileEntry(
                    path=path.relative_to(volume).as_posix(),
                    type=api_pb2.FileEntry.DIRECTORY if path.is_dir() else api_pb2.FileEntry.FILE,
                    mtime=int(path.stat().st_mtime),
                    size=path.stat().st_size,
                )
                for path in sorted(paths)
            ]
        )

    async def VolumeRemoveFile2(self, request: Any, metadata: Any) -> Empty:
        path = self.place("volumes", request.volume_id) / request.path.lstrip("/")
        if not path.is_file():
            raise GRPCError(Status.NOT_FOUND, f"{request.path} is not there")
        path.unlink()
        return Empty()

    async def VolumeReload(self, request: Any, metadata: Any) -> Empty:
        self._bring(self.place("volumes", request.volume_id), self._seen_by(metadata))
        return Empty()

    async def VolumeCommit(self, request: Any, metadata: Any) -> api_pb2.VolumeCommitResponse:
        self._bring(self._seen_by(metadata), self.place("volumes", request.volume_id))
        return api_pb2.VolumeCommitResponse()

    def _bring(self, source: Path, target: Path) -> None:
        """Show at ``target`` what is new at ``source``, and no longer what was removed there."""
        for name in self._common.get(source, set()):
            if not (source / name).exists():
                (target / name).unlink(missing_ok=True)
        link_new(source, target)
        names = {str(p.relative_to(source)) for p in source.rglob("*") if p.is_file()}
        self._common[source] = self._common[target] = names

    def _seen_by(self, metadata: Any) -> Path:
        """What a container sees of its volume: a copy, until it reloads or commits."""
        return self.place("seen", metadata["x-container"])

    # Queues

    async def QueueGetOrCreate(
        self, request: Any, metadata: Any
    ) -> api_pb2.QueueGetOrCreateResponse:
        found = self.queues.setdefault(request.deployment_name, f"qu-{len(self.queues)}")
        return api_pb2.QueueGetOrCreateResponse(queue_id=found)

    async def QueuePut(self, request: Any, metadata: Any) -> Empty:
        self.items.setdefault((request.queue_id, request.partition_key), []).extend(request.values)
        self._said.set()
        self._said = asyncio.Event()
        return Empty()

    async def QueueLen(self, request: Any, metadata: Any) -> api_pb2.QueueLenResponse:
        items = self.items.get((request.queue_id, request.partition_key), [])
        return api_pb2.QueueLenResponse(len=len(items))

    async def QueueNextItems(self, request: Any, metadata: Any) -> api_pb2.QueueNextItemsResponse:
        until = time.monotonic() + request.item_poll_timeout
        seen = int(request.last_entry_id or 0)
        while True:
            items = self.items.get((request.queue_id, request.partition_key), [])[seen:]
            left = until - time.monotonic()
            if items or left <= 0:
                break
            try:
                await asyncio.wait_for(self._said.wait(), left)
            except TimeoutError:
                break
        return api_pb2.QueueNextItemsResponse(
            items=[
                api_pb2.QueueItem(value=value, entry_id=str(number))
                for number, value in enumerate(items, seen + 1)
            ]
        )


def link_new(source: Path, target: Path) -> None:
    """Show at ``target`` what is new at ``source``; files by content never change."""
    for path in source.rglob("*"):
        there = target / path.relative_to(source)
        if path.is_dir():
            there.mkdir(parents=True, exist_ok=True)
        elif not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, there)
