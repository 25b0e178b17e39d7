"""
One request to an address that somebody typed, and to nowhere it should not go.

Whoever may add a channel makes this machine send requests. So that none reaches
what only this machine can (its own services, the network around it, a cloud's
metadata), the name is resolved once, every address that comes of it is looked
at, and the request goes to one of those, whatever the name means a moment later.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, RemoteDisconnected
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from importers.channels.addresses import is_private, meant, tells_secrets
from importers.errors import ConnectionTrouble, ImporterError, InvalidSettings, ServiceTrouble
from importers.secret import Secret

_MOST_ADDRESSES = 4
"""Of one host are tried."""

_MOST_SAID = 2000
_WORDS_WITHIN = 2.0
"""Seconds between two pieces of what is said beside how it went: nothing hangs on that."""

_LONGEST_WAIT = timedelta(hours=8)

T = TypeVar("T")
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is the beginning of the answer, on one line; `retry_after` when to come again, if it says so."""

    status: int
    said: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """
    Seconds to ask for the name; to connect, whatever number of addresses it has;
    to talk, however slowly the other side drips its answer; and to hear nothing
    while talking. The first three make up the longest that a try can take.
    """

    asking: float = 5.0
    connecting: float = 8.0
    talking: float = 12.0
    hearing_nothing: float = 10.0


class Outside:
    """
    Posts to https addresses of other machines. *to_private* allows those of the
    network around and this machine's own, too, and there plain http; *to_here*
    this machine's alone. Redirects are not followed, no proxy is asked.
    """

    def __init__(
        self,
        *,
        to_private: bool = False,
        to_here: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        patience: Patience = Patience(),
    ) -> None:
        self._to_private = to_private
        self._to_here = to_here
        self._resolve = resolve or _addresses_of
        self._tls = tls
        self._patience = patience

    def check(self, url: Secret) -> str:
        """
        The host that *url* names, as far as can be said without asking anybody.
        Raises InvalidSettings for what is no address that may be used.
        """
        return str(_parts(url).hostname)

    def post(self, url: Secret, body: bytes, headers: Mapping[str, str]) -> Answer:
        """
        Raises:
            InvalidSettings: no address that may be used.
            TemporaryError: no answer, or none that can be read.
        """
        parts = _parts(url)
        host = parts.hostname or ""
        with _in_our_words(host), self._line_to(parts, self._reachable(parts)) as line:
            connection = HTTPConnection(host)
            connection.response_class = _Response
            connection.sock = line
            connection.auto_open = 0
            target = parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()
            connection.request("POST", target, body, {**_ours(parts), **headers})
            with connection.getresponse() as response:
                said = _words_of(response, line, min(self._patience.hearing_nothing, _WORDS_WITHIN))
                return Answer(response.status, " ".join(said.split()), _told(response.headers.get("Retry-After", "")))

    def _reachable(self, parts: SplitResult) -> Sequence[str]:
        """All addresses of the host, if all of them may be reached."""
        host = parts.hostname or ""
        try:
            found = _within(self._patience.asking, lambda: self._resolve(host, _port(parts)))
        except TimeoutError as error:
            raise ConnectionTrouble(f"This machine’s name server did not say in time where {host} is.") from error
        except (OSError, UnicodeError) as error:
            raise ConnectionTrouble(
                f"The name {host} is not known to this machine’s name server.", hint="Check how it is written."
            ) from error
        for address in found:
            self._check_address(host, address, is_https=parts.scheme == "https")
        return found

    def _check_address(self, host: str, address: str, *, is_https: bool) -> None:
        ips = meant(address)
        is_of_cloud = any(map(tells_secrets, ips))
        private = is_of_cloud or any(map(is_private, ips))
        if private and not (self._to_private or (self._to_here and all(ip.is_loopback for ip in ips))):
            raise InvalidSettings(
                f"{host} is this machine, or one of the network around it; notices do not go there.",
                hint="Use an address that can be reached from the internet. Whoever runs this server can allow "
                "it with PIPESHEET_WEBHOOKS_TO_PRIVATE (docs/settings.md).",
            )
        if is_of_cloud:
            raise InvalidSettings(
                f"{host} is where a cloud tells its machines their secrets; notices do not go there.",
                hint="Use the address of what is to get them.",
            )
        if not (is_https or private):
            raise InvalidSettings(
                f"{host} would be sent notices without encryption.", hint="Use an address with https://."
            )

    @contextmanager
    def _line_to(self, parts: SplitResult, addresses: Sequence[str]) -> Iterator[socket.socket]:
        with (
            closing(_connected(addresses, _port(parts), self._patience.connecting)) as bare,
            # A second handle on the same line: to cut it works, whoever waits on the first.
            closing(bare.dup()) as handle,
            _cut_after(self._patience.talking, handle),
        ):
            bare.settimeout(self._patience.hearing_nothing)
            if parts.scheme != "https":
                yield bare
                return
            tls = self._tls or tls_of_this_machine()
            with tls.wrap_socket(bare, server_hostname=parts.hostname) as line:
                yield line


def _within(seconds: float, deed: Callable[[], T]) -> T:
    """
    What *deed* answers, or TimeoutError. Its thread is left behind then, as
    nothing can end a question for a name; it ends when the name server gives up.
    """
    answer: Future[T] = Future()

    def do() -> None:
        try:
            answer.set_result(deed())
        except Exception as error:  # noqa: BLE001  # handed to whoever waits
            answer.set_exception(error)

    threading.Thread(target=do, name="name", daemon=True).start()
    return answer.result(timeout=seconds)


def _connected(addresses: Sequence[str], port: int, seconds: float) -> socket.socket:
    """To the first address that answers. Nothing was sent yet, so to try another one brings nothing twice."""
    trouble: OSError = OSError("no address")
    tried = addresses[:_MOST_ADDRESSES]
    for address in tried:
        try:
            return socket.create_connection((address, port), timeout=seconds / len(tried))
        except OSError as error:
            trouble = error
    raise trouble


class _Response(HTTPResponse):
    """Its first line decides: who took a letter has it, whatever becomes of the rest of the answer."""

    def begin(self) -> None:
        try:
            super().begin()
        except (HTTPException, OSError):
            if not isinstance(self.status, int):
                raise
            self.headers = self.msg = HTTPMessage()
            self.chunked, self.length, self.will_close = False, 0, True


def _words_of(response: HTTPResponse, line: socket.socket, patience: float) -> str:
    """As far as they come."""
    said = b""
    with suppress(HTTPException, OSError):
        line.settimeout(patience)
        while len(said) < _MOST_SAID and (piece := response.read1(_MOST_SAID - len(said))):
            said += piece
    return said.decode("utf-8", "replace")


@contextmanager
def _cut_after(seconds: float, line: socket.socket) -> Iterator[None]:
    def cut() -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _in_our_words(host: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise InvalidSettings(
            f"The certificate of {host} is not good for it: {error.verify_message}.",
            hint="Renew it, or correct the address.",
        ) from error
    except TimeoutError as error:
        raise ConnectionTrouble(f"{host} did not answer in time.") from error
    except RemoteDisconnected as error:
        raise ConnectionTrouble(f"{host} hung up without an answer.") from error
    except HTTPException as error:
        raise ServiceTrouble(f"{host} answered with something that is no HTTP.") from error
    except OSError as error:
        raise ConnectionTrouble(f"{host} could not be reached ({error.strerror or type(error).__name__}).") from error


def _parts(url: Secret) -> SplitResult:
    """No message repeats the address: it may be as good as a password."""
    try:
        parts = urlsplit(url.reveal())
        port_fits = parts.port != 0
        if parts.hostname:
            parts.hostname.encode("idna")
    except (ValueError, UnicodeError):
        raise _no_address() from None
    printable = url.reveal().isascii() and url.reveal().isprintable() and " " not in url.reveal()
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_fits or not printable:
        raise _no_address()
    if "@" in parts.netloc:
        raise InvalidSettings(
            "The address holds a user or a password before its host, which is not sent.",
            hint="Leave out what stands before the @.",
        )
    return parts


def _no_address() -> ImporterError:
    return InvalidSettings("This is no address that notices can go to.", hint="It looks like https://example.com/hook.")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _ours(parts: SplitResult) -> dict[str, str]:
    return {
        "Host": parts.netloc,
        "User-Agent": f"Pipesheet/{version('pipesheet')}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _addresses_of(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _told(retry_after: str) -> timedelta | None:
    if not (retry_after.isascii() and retry_after.isdecimal()):
        return None
    return min(timedelta(seconds=int(retry_after[:9])), _LONGEST_WAIT)


def tls_of_this_machine() -> ssl.SSLContext:
    """What this machine trusts, and what requests brings along, where a container has nothing."""
    tls = ssl.create_default_context()
    tls.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return tls
