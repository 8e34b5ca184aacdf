"""Addresses that no server can have: each is one sentence and what to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from tensorrag.errors import TensorRagError
from web import port as ports
from web.main import serve
from web.port import check_port, is_ours


@pytest.mark.parametrize(
    ("host", "said", "remedy"),
    [
        ("", '"" is no address to listen on', "Give a name or number alone"),
        ("http://127.0.0.1", "is no address to listen on", "Give a name or number alone"),
        ("127.0.0.1:80", "is no address to listen on", "the port is --port"),
        ("127.0.0.1/24", "is no address to listen on", "Give a name or number alone"),
        ("192.0.2.1", "is no address of this machine", "127.0.0.1 is this machine alone"),
        ("[::1", "is no address of this machine", "127.0.0.1 is this machine alone"),
        ("a b", "is no address of this machine", "127.0.0.1 is this machine alone"),
        ("x" * 300, "is no address of this machine", "127.0.0.1 is this machine alone"),
        ("2001:db8::1", "is no address of this machine", "127.0.0.1 is this machine alone"),
    ],
)
def test_a_host_that_is_none(host: str, said: str, remedy: str) -> None:
    with pytest.raises(TensorRagError, match=said) as refused:
        check_port(host, 8080)
    assert remedy in refused.value.hint
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("port", ["0", "-1", "65536", "http", "8080.0", "", "1e3", "٣", " 80"])
def test_a_port_that_is_none(port: str) -> None:
    result = CliRunner().invoke(serve, ["--port", port])

    assert result.exit_code == 2
    assert "is no port: give a number from 1 to 65535." in result.output


def test_options_that_do_not_fit(tmp_path: Path) -> None:
    def refused(*options: str) -> str:
        result = CliRunner().invoke(
            serve, ["--no-open", "--workspace", str(tmp_path), *options], standalone_mode=False
        )
        assert result.return_value == 1
        return result.output

    assert "--proxy-address says where a proxy is, and there is none." in refused(
        "--proxy-address", "10.0.0.2"
    )
    assert "http://lab is no address for a server behind a proxy." in refused(
        "--behind-proxy", "http://lab"
    )
    assert "A proxy cannot be there" in refused(
        "--behind-proxy", "https://lab", "--proxy-address", "here"
    )


@contextmanager
def listening(answer: bytes) -> Iterator[int]:
    """Somebody else's server, which says this to everybody."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "answer", [b"", b"\0" * 100, b"HTTP/1.0 200 OK\r\n\r\n[]", b'HTTP/1.0 200 OK\r\n\r\n{"a": 1}']
)
def test_whoever_else_is_there_is_not_taken_for_ours(answer: bytes) -> None:
    with listening(answer) as port:
        assert not is_ours("127.0.0.1", port)
        with pytest.raises(TensorRagError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            check_port("127.0.0.1", port)


def test_nor_is_one_who_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not is_ours("127.0.0.1", silent.getsockname()[1])


def test_one_with_a_token_is_ours_as_well() -> None:
    shut = b'HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Bearer realm="TensorRag"\r\n\r\n'
    with listening(shut) as port:
        assert is_ours("127.0.0.1", port)
