"""Who gets the notices: a web server for the signed webhooks, a mail server for the e-mail."""

from __future__ import annotations

import hmac
import json
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipesheet.ports import free_port


@dataclass(frozen=True)
class Arrival:
    """A notice that arrived: how it calls itself, what it is about (empty for e-mail), and when."""

    key: str
    kind: str
    subjects: tuple[str, ...]
    at: float


class Webhook:
    """Takes what is signed by *key*, which is given once it is known. While `is_in_trouble` it answers 503."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.forged: list[str] = []
        self.key = ""
        self.is_in_trouble = False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver._taken(body, self.headers.get("Pipesheet-Signature", ""))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="webhook", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/notices"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _taken(self, body: bytes, signature: str) -> int:
        if self.is_in_trouble:
            return 503
        parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
        signed = hmac.new(self.key.encode(), parts.get("t", "").encode() + b"." + body, sha256).hexdigest()
        if not hmac.compare_digest(signed, parts.get("v1", "")):
            self.forged.append(body.decode())
            return 401
        letter = json.loads(body)
        subjects = tuple(about["name"] for about in letter["about"])
        self.arrivals.append(Arrival(letter["id"], letter["type"], subjects, time.monotonic()))
        return 200


class Mailbox:
    """Takes every e-mail."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}/?starttls=0"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - theirs
        lines = bytes(envelope.content or b"").decode().splitlines()
        key = next(line.partition(":")[2].strip() for line in lines if line.startswith("X-Pipesheet-Notice:"))
        self.arrivals.append(Arrival(key, "", (), time.monotonic()))
        return "250 OK"

    def close(self) -> None:
        self._controller.stop()
