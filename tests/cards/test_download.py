"""Tables from the web: fetched whole or not at all, and never out of a network of one's own."""

from __future__ import annotations

import errno
import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cards._tables.address import is_public
from cards._tables.download import download, name_of
from cards.data_load import DataLoad
from tensorrag import ParameterError
from tensorrag.sources import Sources, looking_in
from tensorrag.store.workspace import Workspace
from tensorrag.types.looking import with_seen
from tests.core.engine import Engine, chain, node

CERTIFICATE = Path(__file__).with_name("localhost.pem")
TABLE = b"rooms,price\n3,1.5\n4,2.5\n5,4.5\n"


class Answers(BaseHTTPRequestHandler):
    """A host on the web, with a table and some things that go wrong."""

    changing = TABLE
    given = 0
    """How often the table that changes was sent."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        match path:
            case "/table.csv" | "/b%C3%A9.csv":
                self.give(200, TABLE)
            case "/packed.csv.gz":
                self.give(200, gzip.compress(TABLE))
            case "/tagged.csv":
                self.give_once(f'"{len(self.changing)}"')
            case "/weak.csv":
                self.give_once('W/"flats"')
            case "/dated.csv" if self.headers["If-Modified-Since"]:
                self.give(304, b"")
            case "/dated.csv":
                type(self).given += 1
                self.give(200, self.changing, **{"Last-Modified": "Sun, 01 Feb 2026 10:00:00 GMT"})
            case "/moved":
                self.give(302, b"", Location=query)
            case "/cut.csv":
                self.give(200, TABLE, **{"Content-Length": str(len(TABLE) + 9)})
            case "/stream.csv":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(TABLE * 100)
            case "/page":
                self.give(200, b"<!doctype html><html><body>Sign in</body></html>")
            case _:
                self.give(int(path[1:]) if path[1:].isdigit() else 404, b"")

    def give_once(self, tag: str) -> None:
        """Give the table that changes to whoever has not said to have it."""
        if self.headers["If-None-Match"] == tag:
            self.give(304, b"")
            return
        type(self).given += 1
        self.give(200, self.changing, ETag=tag)

    def give(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the host; its certificate is trusted, and it may be read from."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    with looking_in(Sources(uploads=tmp_path, base=tmp_path, hosts=frozenset({"localhost"}))):
        yield f"https://localhost:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_table_on_the_web_is_looked_at_and_loaded(site: str) -> None:
    card = DataLoad(source="url", url=f"{site}/table.csv?key=abc")

    seen, table = card.peek(), card.run().dataset

    assert seen.schemas == (with_seen(table),)
    assert seen.fingerprint is not None
    assert not seen.constant
    assert table.num_rows == 3
    assert table.provenance.source == card.brief({}) == "table.csv"


@pytest.mark.parametrize("path", ["/packed.csv.gz", "/moved?/table.csv", "/bé.csv"])
def test_packed_moved_and_oddly_named_tables_are_read(site: str, path: str) -> None:
    assert DataLoad(source="url", url=site + path).run().dataset.num_rows == 3


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/404", "localhost has no such file"),
        ("/403", "localhost does not allow it"),
        ("/500", "localhost answered with the error 500"),
        ("/cut.csv", "localhost broke off in the middle of the file"),
        ("/moved?/moved?/moved", "The address leads on and on"),
        ("/moved?http://localhost/table.csv", "http addresses are not read"),
        ("/moved?https://169.254.169.254/latest", "169.254.169.254 is in a network of one's own"),
        ("/moved?file:///etc/passwd", "file addresses are not read"),
        ("/moved?//[oops", "The address leads to one that is none"),
        ("/page", "is a web page"),
    ],
)
def test_what_is_no_file_gets_one_sentence(site: str, path: str, sentence: str) -> None:
    card = DataLoad(source="url", url=site + path)

    for read in (card.peek, card.run):
        with pytest.raises(ParameterError, match=sentence) as refused:
            read()
        assert refused.value.field == "url"


async def test_a_table_is_fetched_again_only_when_its_host_says_that_it_is_another(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "given", 0)
    engine = Engine(tmp_path / "workspace")
    engine.workspace.settings.set("allowed_hosts", ["localhost"])
    pipeline = chain(node("data_load", source="url", url=f"{site}/tagged.csv"))

    first = await engine.run(pipeline)
    fetched = Answers.given
    again = await engine.run(pipeline)

    assert not first.nodes["data_load"].cached
    assert again.nodes["data_load"].cached
    assert Answers.given == fetched == 2  # to be looked at, and to be loaded

    monkeypatch.setattr(Answers, "changing", TABLE + b"6,5.5\n")
    changed = await engine.run(pipeline)

    assert not changed.nodes["data_load"].cached
    assert changed.nodes["data_load"].outputs["dataset"]["schema"]["rows"] == 4
    assert Answers.given == 4


@pytest.mark.parametrize("path", ["/weak.csv", "/dated.csv"])
def test_a_host_that_does_not_tell_bytes_apart_is_asked_for_all_of_them(
    site: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    card = DataLoad(source="url", url=site + path)
    first = card.peek()
    monkeypatch.setattr(Answers, "changing", TABLE.replace(b"4.5", b"4.6"))
    monkeypatch.setattr(Answers, "given", 0)
    sources = Sources(
        uploads=Path(), base=Path(), hosts=frozenset({"localhost"}),
        known=(first.stamp, first.fingerprint),
    )  # fmt: skip

    with looking_in(sources):
        again = card.peek()

    assert first.stamp is None
    assert Answers.given == 1
    assert not again.same
    assert again.fingerprint != first.fingerprint


def test_no_more_is_fetched_than_is_allowed(site: str) -> None:
    for path in ("/table.csv", "/stream.csv"):
        with pytest.raises(ParameterError, match="is larger than"):
            download(site + path, largest=20)


def test_a_host_without_a_valid_certificate_is_not_read(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(ParameterError, match="localhost has no valid certificate"):
        download(f"{site}/table.csv")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://127.0.0.1/x.csv", "network of one's own"),
        ("https://localhost/x.csv", "network of one's own"),
        ("https://0.0.0.0/x.csv", "network of one's own"),
        ("https://2130706433/x.csv", "network of one's own|There is no host"),
        ("https://0x7f.1/x.csv", "network of one's own|There is no host"),
        ("https://10.1.2.3/x.csv", "network of one's own"),
        ("https://169.254.169.254/latest/meta-data", "network of one's own"),
        ("https://[::1]/x.csv", "network of one's own"),
        ("https://[::ffff:10.0.0.1]/x.csv", "network of one's own"),
        ("http://example.org/x.csv", "http addresses are not read"),
        ("ftp://example.org/x.csv", "ftp addresses are not read"),
        ("file:///etc/passwd", "file addresses are not read"),
        ("https://me:secret@example.org/x.csv", "a name or a password in it"),
        ("https://", "This is no address"),
        ("https://[oops/x.csv", "This is no address"),
        ("https://example.org:99999/x.csv", "This is no address"),
        ("https://example.org/a b\r\nHost: x", "This is no address"),
        ("", "No address is given"),
    ],
)
def test_addresses_that_lead_elsewhere_are_refused(url: str, sentence: str) -> None:
    card = DataLoad(source="url", url=url)

    for read in (card.peek, card.run):
        with pytest.raises(ParameterError, match=sentence) as refused:
            read()
        assert "secret" not in str(refused.value)


def test_the_very_address_that_was_judged_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name may mean another address a moment later."""
    connected = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")

    means_by_turns(monkeypatch, ["93.184.216.34"], ["10.0.0.1"])
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(ParameterError, match="could not be read from: Connection refused"):
        download("https://example.org/table.csv")

    assert connected == [("93.184.216.34", 443)]


def test_of_a_name_that_means_several_addresses_none_may_be_ones_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    means_by_turns(monkeypatch, ["93.184.216.34", "10.0.0.1"])

    with pytest.raises(ParameterError, match="network of one's own"):
        download("https://example.org/table.csv")


def means_by_turns(monkeypatch: pytest.MonkeyPatch, *addresses: list[str]) -> None:
    """Have every name mean these addresses, one list after the other."""
    turns = iter(addresses)

    def found(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in next(turns)]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize(
    "ip",
    [
        "192.168.1.1", "172.16.0.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
        "fe80::1", "fc00::1", "ff02::1", "::", "2002:7f00:1::", "64:ff9b::a00:1", "fe80::1%eth0",
        "fec0::1",
    ],
)  # fmt: skip
def test_networks_of_ones_own_are_known_in_every_spelling(ip: str) -> None:
    assert not is_public(ip)


def test_the_internet_at_large_is_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
    assert is_public("64:ff9b::5db8:d822"), "the first of these, as networks without it write it"


def test_a_file_is_called_as_its_address_ends() -> None:
    assert name_of("https://example.org/data/flats%20new.csv?x=1") == "flats new.csv"
    assert name_of("https://example.org/") == "example.org"
    assert name_of("https://[half") == "the address"


def test_the_settings_name_hosts_that_may_be_read_from(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.settings.set("allowed_hosts", ["Files.lan"])

    assert workspace.place().hosts == ("files.lan",)
