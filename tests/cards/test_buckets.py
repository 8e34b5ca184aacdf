"""Tables in object stores, read from a real server that speaks S3: there, not there, changed."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import IO, Any, cast
from urllib.request import Request, urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer
from pyarrow.fs import S3FileSystem

from cards._tables import reading
from cards._tables.bucket import placed
from cards._tables.objects import Keys, opened
from cards._tables.parquet import read_parquet
from cards._tables.source import Choices, Reading, Source
from cards.data_load import DataLoad
from tensorrag import ParameterError, TableSchema, secret
from tensorrag.errors import SourceChanged
from tensorrag.sources import Sources, looking_in
from tensorrag.types.looking import with_seen

ALLOWED = Sources(uploads=Path(), base=Path(), hosts=frozenset({"127.0.0.1"}))
"""The server's host may be read from."""
TABLE = b"rooms,price\n3,1.5\n4,2.5\n5,4.5\n"


@dataclass
class Bucket:
    """The bucket `flats`, at a server of its own."""

    endpoint: str
    files: S3FileSystem

    def put(self, key: str, content: bytes) -> None:
        with self.files.open_output_stream(f"flats/{key}") as stream:
            stream.write(content)

    def card(self, key: str, **params: Any) -> DataLoad:
        chosen = {"bucket": f"s3://flats/{key}", "endpoint": self.endpoint} | params
        return DataLoad(source="bucket", **chosen)


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    files = S3FileSystem(
        access_key="test-key", secret_key="test-secret", region="us-east-1", scheme="http",
        endpoint_override=f"{host}:{port}", allow_bucket_creation=True,
    )  # fmt: skip
    files.create_dir("flats")
    yield Bucket(f"http://{host}:{port}", files)
    server.stop()


@pytest.fixture
def bucket(server: Bucket) -> Iterator[Bucket]:
    with looking_in(ALLOWED):
        yield server


@pytest.mark.parametrize("scheme", ["s3", "gs", "runpod"])
def test_a_table_in_a_bucket_is_looked_at_and_loaded(bucket: Bucket, scheme: str) -> None:
    bucket.put("of 2026/flats.csv", TABLE)
    card = bucket.card("", bucket=f"{scheme}://flats/of 2026/flats.csv")

    seen, table = card.peek(), card.run().dataset

    assert seen.schemas == (with_seen(table),)
    assert table.to_pandas()["rooms"].tolist() == [3, 4, 5]
    assert table.provenance.source == card.brief({}) == "flats.csv"
    assert not seen.constant


def test_a_changed_file_has_another_fingerprint_and_the_same_one_has_not(bucket: Bucket) -> None:
    bucket.put("kept.csv", TABLE)
    before = bucket.card("kept.csv").peek().fingerprint

    assert before is not None
    assert bucket.card("kept.csv").peek().fingerprint == before

    bucket.put("kept.csv", TABLE.replace(b"4.5", b"4.6"))  # as long as before

    assert bucket.card("kept.csv").peek().fingerprint != before


def test_a_file_that_is_as_it_was_is_not_fetched_again(bucket: Bucket) -> None:
    bucket.put("still.csv", TABLE)
    card = bucket.card("still.csv")
    seen = card.peek()
    sources = replace(ALLOWED, known=(seen.stamp, seen.fingerprint))

    with looking_in(sources):
        assert card.peek().same
        bucket.put("still.csv", TABLE + b"6,7.5\n")
        again = card.peek()

    assert not again.same
    assert again.fingerprint != seen.fingerprint


class Untagged(BaseHTTPRequestHandler):
    """A store that says of a file when it was changed, and not which content it is."""

    content = b""

    def do_HEAD(self) -> None:
        self.answer(200, self.content)

    def do_GET(self) -> None:
        first, last = (int(end) for end in self.headers["Range"].removeprefix("bytes=").split("-"))
        part = self.content[first : last + 1]
        self.answer(206, part)
        self.wfile.write(part)

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Sun, 01 Feb 2026 10:00:00 GMT")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def untagged() -> Iterator[str]:
    """The endpoint of such a store."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Untagged)
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_of_a_store_without_tags_a_file_is_known_by_its_bytes(
    untagged: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    tables = {
        "csv": (TABLE, TABLE.replace(b"4.5", b"4.6")),
        "parquet": (parquet(a=pa.array([1, 2])), parquet(a=pa.array([1, 3]))),
    }
    before, after = tables[kind]
    assert len(before) == len(after)
    card = DataLoad(
        source="bucket", bucket=f"s3://flats/x.{kind}", endpoint=untagged, region="eu-central-1"
    )
    monkeypatch.setattr(Untagged, "content", before)
    with looking_in(ALLOWED):
        seen = card.peek()
        assert card.peek().fingerprint == seen.fingerprint
    monkeypatch.setattr(Untagged, "content", after)

    with looking_in(replace(ALLOWED, known=(seen.stamp, seen.fingerprint))):
        again = card.peek()

    assert not again.same
    assert again.fingerprint != seen.fingerprint


def test_of_a_parquet_file_only_what_is_asked_for_is_fetched(bucket: Bucket) -> None:
    content = parquet(**dict.fromkeys("abcdef", pa.array(np.arange(200_000))))
    bucket.put("wide.parquet", content)

    with opened(placed("s3://flats/wide.parquet", "", bucket.endpoint), Keys()) as (stream, _):
        fetched = Counting(stream)
        column = pq.ParquetFile(fetched, pre_buffer=False).read(["c"])

    assert column["c"].to_pylist()[-1] == 199_999
    assert 1_600_000 < fetched.bytes < len(content) / 4


def test_each_column_of_a_long_parquet_file_is_asked_for_once(bucket: Bucket) -> None:
    rows = np.random.default_rng(0).random(300_000)
    bucket.put("long.parquet", parquet(price=pa.array(rows)))

    with opened(placed("s3://flats/long.parquet", "", bucket.endpoint), Keys()) as (stream, told):
        fetched = Counting(stream)
        table = read_parquet(Source(cast("IO[bytes]", fetched), "long.parquet", told)).table

    assert table["price"].to_pylist() == rows.tolist()
    assert fetched.times < 10  # a few are for the footer


def test_a_large_parquet_file_is_looked_at_by_its_footer(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("large.parquet", parquet(rooms=range(1000), price=[0.5] * 1000))
    monkeypatch.setattr(reading, "NEAR", 1000)
    monkeypatch.setattr(reading, "read_table", None)  # nothing asks for the rows

    (seen,) = bucket.card("large.parquet").peek().schemas

    assert isinstance(seen, TableSchema)
    assert seen.rows == 1000
    assert seen.names == ("rooms", "price")


def parquet(**columns: Sequence[object]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content, compression="none", use_dictionary=False)
    return content.getvalue()


class Counting(io.RawIOBase):
    """Reads, and counts what was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.bytes, self.times = stream, 0, 0

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self.bytes, self.times = self.bytes + len(content), self.times + 1
        return content

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


def test_a_file_that_changes_while_it_is_read_is_not_taken(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("moving.parquet", parquet(a=[1, 2]))

    def changed_meanwhile(source: Source, choices: Choices) -> Reading:
        table = reading.read_table(source, choices)
        bucket.put("moving.parquet", parquet(a=[1, 3]))
        return table

    monkeypatch.setattr("cards.data_load.read_table", changed_meanwhile)

    with pytest.raises(SourceChanged):
        bucket.card("moving.parquet").run()


@pytest.mark.parametrize(
    ("params", "field", "sentence"),
    [
        ({"bucket": "s3://flats/none.csv"}, "bucket", "There is no file none.csv at that place"),
        ({"bucket": "gs://flat/t.csv"}, "bucket", "There is no bucket flat at 127.0.0.1"),
        ({"bucket": "runpod://flat/t.csv"}, "bucket", "There is no volume flat at 127.0.0.1"),
        ({"access_key": "key"}, "secret_key", "The secret key is missing"),
        ({"secret_key": "key"}, "access_key", "The access key is missing"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    bucket: Bucket, params: dict[str, str], field: str, sentence: str
) -> None:
    card = bucket.card("t.csv", **params)

    for read in (card.peek, card.run):
        with pytest.raises(ParameterError, match=sentence) as refused:
            read()
        assert refused.value.field == field
        assert refused.value.hint


def test_a_store_that_is_not_there_is_named(bucket: Bucket) -> None:
    with socket.socket() as taken:  # nobody listens here, and nobody else can begin to
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        card = bucket.card("t.csv", endpoint=f"http://{host}")
        with pytest.raises(ParameterError, match=f"{host} takes no connection") as refused:
            card.peek()

    assert refused.value.field == "bucket"
    assert refused.value.hint


@pytest.fixture
def given() -> Iterator[Callable[[dict[str, str]], None]]:
    """Gives secrets to this process, and takes them from it."""
    yield secret.give
    secret.give({})


def test_keys_that_may_not_read_are_named_and_never_shown(
    bucket: Bucket, given: Callable[[dict[str, str]], None]
) -> None:
    bucket.put("closed.csv", TABLE)
    given({"id": "AKIA-of-nobody", "key": "wrong-all-the-way"})

    with only_known_keys(bucket), pytest.raises(ParameterError, match="these keys") as refused:
        bucket.card("closed.csv", access_key="id", secret_key="key").run()

    assert refused.value.field == "access_key"
    assert "AKIA" not in f"{refused.value}{refused.value.hint}"


@pytest.mark.parametrize(
    ("status", "field", "sentence"),
    [
        (403, "access_key", "does not let just anybody read the bucket flats"),
        (301, "region", "The bucket flats is in another region than us-east-1"),
        (409, "bucket", "answers with the error 409"),
    ],
)
def test_a_store_that_says_no_is_understood(status: int, field: str, sentence: str) -> None:
    with says(status) as endpoint, looking_in(ALLOWED):
        card = DataLoad(source="bucket", bucket="s3://flats/t.csv", endpoint=endpoint)
        with pytest.raises(ParameterError, match=sentence) as refused:
            card.peek()

    assert refused.value.field == field


@contextmanager
def says(status: int) -> Iterator[str]:
    """A store that answers everything alike; gives its endpoint."""

    class Answers(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


@contextmanager
def only_known_keys(bucket: Bucket) -> Iterator[None]:
    """Have the server hold every request against its keys, of which it has none."""

    def allow(free_requests: str) -> None:
        headers = {"Content-Type": "text/plain"}
        url = f"{bucket.endpoint}/moto-api/reset-auth"
        urlopen(Request(url, free_requests.encode(), headers)).close()  # noqa: S310

    allow("0")
    try:
        yield
    finally:
        allow("inf")


@pytest.mark.parametrize(
    ("params", "field", "sentence"),
    [
        ({"bucket": ""}, "bucket", "No address is given"),
        ({"bucket": "s3://flats"}, "bucket", "This is no address in a bucket"),
        ({"bucket": "s3://flats/2026/"}, "bucket", "This is a folder"),
        ({"bucket": "s3://169.254.169.254:80/latest"}, "bucket", "no address in a bucket"),
        ({"bucket": "s3://me:secret@flats/t.csv"}, "bucket", "no address in a bucket"),
        ({"bucket": "file:///etc/passwd"}, "bucket", "This is no address in a bucket"),
        ({"bucket": "s3://flats/../others/t.csv"}, "bucket", "has //, /./ or /../ in it"),
        ({"bucket": "s3://flats//t.csv"}, "bucket", "has //, /./ or /../ in it"),
        ({"bucket": "s3://flats/a\nb"}, "bucket", "This is no address in a bucket"),
        ({"bucket": "runpod://flats/t.csv"}, "region", "data centre of the volume is not given"),
        ({"region": "x.evil.example/"}, "region", "This is no region"),
        ({"endpoint": "http://169.254.169.254"}, "endpoint", "no store that pipelines may read"),
        ({"endpoint": "https://evil.example"}, "endpoint", "no store that pipelines may read"),
        ({"endpoint": "https://127.0.0.1@evil.example"}, "endpoint", "has more than a host"),
        ({"endpoint": "https://127.0.0.1/path"}, "endpoint", "has more than a host"),
        ({"endpoint": "ftp://127.0.0.1"}, "endpoint", "This is no endpoint"),
        ({"endpoint": "https://127.0.0.1:port"}, "endpoint", "This is no endpoint"),
    ],
)
def test_addresses_that_lead_elsewhere_are_refused_before_anybody_is_asked(
    params: dict[str, Any], field: str, sentence: str
) -> None:
    card = DataLoad(source="bucket", **{"bucket": "s3://flats/t.csv"} | params)
    with looking_in(ALLOWED), pytest.raises(ParameterError, match=sentence) as refused:
        card.peek()

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("address", "region", "host"),
    [
        ("s3://flats/t.csv", "eu-west-1", "s3.eu-west-1.amazonaws.com"),
        ("gs://flats/t.csv", "", "storage.googleapis.com"),
        ("runpod://v0lume/t.csv", "EU-RO-1", "s3api-eu-ro-1.runpod.io"),
    ],
)
def test_each_kind_of_address_is_asked_of_its_own_host(
    address: str, region: str, host: str
) -> None:
    place = placed(address, region)

    assert place.host == host
    assert place.secure
