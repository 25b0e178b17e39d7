"""A real HTTP server for notices to arrive at, which answers as it is told."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """
    `answers` are given one after the other, the last of them for ever; `heard` is what came.
    `breaks_off` is all that is answered, instead of them, and `lingers` for how long nothing more comes after it.
    """

    port: int
    scheme: str = "http"
    answers: list[tuple[int, str, dict[str, str]]] = field(default_factory=lambda: [(200, "ok", {})])
    drips: bool = False
    hangs_up: bool = False
    breaks_off: bytes = b""
    lingers: float = 0.0
    heard: list[Heard] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook/T0/B0/very-secret-path?key=hidden"

    def answer(self, status: int, body: str = "", **headers: str) -> None:
        self.answers[:] = [(status, body, {name.replace("_", "-"): value for name, value in headers.items()})]


@contextmanager
def listening(tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    listener = Listener(server.server_address[1], "https" if tls else "http")
    server.listener = listener  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        listener: Listener = self.server.listener  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        listener.heard.append(Heard(self.path, dict(self.headers.items()), body))
        if listener.hangs_up:
            self.close_connection = True
            return
        if listener.breaks_off:
            self.wfile.write(listener.breaks_off)
            listener.over.wait(listener.lingers)
            self.close_connection = True
            return
        status, said, headers = listener.answers.pop(0) if len(listener.answers) > 1 else listener.answers[0]
        if listener.drips:
            self._drip()
            return
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.encode())

    def _drip(self) -> None:
        """A letter every now and then of how it went, for longer than anybody should wait."""
        try:
            for character in b"HTTP/1.1 200 " + b"O" * 400:
                self.wfile.write(bytes([character]))
                time.sleep(0.05)
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Tests look at what was heard."""


def a_certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of these names, and for whoever trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_named(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "certificate.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
