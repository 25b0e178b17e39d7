"""Letters by e-mail, through a mail server that the settings name."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email

from importers.channels.outside import tls_of_this_machine
from importers.channels.wording import Places, one_line, plain
from importers.config import Smtp
from importers.errors import ConnectionTrouble, ImporterError, InvalidSettings, ServiceTrouble, SetupError
from importers.notices import Channel, Letter
from importers.secret import Secret

_SECONDS = 20.0
"""For each step: to connect, to wait for something to read."""

DEADLINE = 60.0
"""Seconds for all of it, however slowly the server drips its answers."""


_UNKNOWN = (553, b"the mail server knows no letters but a to z before the @")
"""As a server answers that was told of no SMTPUTF8 (RFC 6531, section 3.5)."""


class _Hurried(smtplib.SMTP):
    """Cuts the line after *deadline* seconds, and sets *gave_up*."""

    def __init__(self, *args: Any, deadline: float, gave_up: threading.Event, **options: Any) -> None:
        self._deadline, self._gave_up, self._over = deadline, gave_up, threading.Event()
        super().__init__(*args, **options)

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        threading.Thread(target=self._watch, name="deadline", daemon=True).start()
        try:
            return super().connect(*args, **options)
        except BaseException:
            self._over.set()
            raise

    def close(self) -> None:
        self._over.set()
        super().close()

    def _watch(self) -> None:
        """Again and again, because it may just be about to connect."""
        wait = self._deadline
        while not self._over.wait(wait):
            wait = 0.2
            self._gave_up.set()
            if line := self.sock:
                with suppress(OSError):
                    # As of a line without TLS: that of one with it ends nobody's waiting.
                    socket.socket.shutdown(line, socket.SHUT_RDWR)


class _HurriedTls(_Hurried, smtplib.SMTP_SSL):
    pass


class EmailCarrier:
    """
    Implements `interfaces.Carrier`. A letter has one Message-ID however often
    it is sent. One that some recipients are refused counts as sent: to send it
    again would bring it twice to the others.
    """

    def __init__(
        self, smtp: Smtp, places: Places, *, tls: ssl.SSLContext | None = None, deadline: float = DEADLINE
    ) -> None:
        self._smtp = smtp
        self._places = places
        self._tls = tls
        self._deadline = deadline

    def carry(self, letter: Letter, channel: Channel, secret: Secret) -> str:
        gave_up = threading.Event()
        with self._in_our_words(gave_up), self._server(gave_up) as server:
            server.ehlo_or_helo_if_needed()
            recipients = list(map(_as_sent, channel.recipients))
            refused = {} if server.has_extn("smtputf8") else {one: _UNKNOWN for one in recipients if not one.isascii()}
            taken = [one for one in recipients if one not in refused]
            if not taken:
                raise smtplib.SMTPRecipientsRefused(refused)
            refused |= server.send_message(self._message(letter, taken), self._sender, taken)
        if refused:
            told = "; ".join(f"{address}: {_said(code, text)}" for address, (code, text) in refused.items())
            return f"{self._smtp.host} took it, but not for everybody. {self._without_password(told)}"
        return f"{self._smtp.host} took it."

    @property
    def _sender(self) -> str:
        return _as_sent(self._smtp.sender)

    def _message(self, letter: Letter, recipients: Sequence[str]) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = one_line(f"[Pipesheet] {letter.title}")
        message["From"] = _address(self._sender, "Pipesheet")
        message["To"] = list(map(_address, recipients))
        message["Date"] = format_datetime(letter.at)
        message["Message-ID"] = f"<{letter.key}@{self._sender.rpartition('@')[2]}>"
        # No answer from machines, and none of our own to one of these.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Pipesheet-Notice"] = letter.key
        message.set_content(f"{plain(letter, self._places)}\n\n-- \n{self._why(letter)}\n")
        return message

    def _why(self, letter: Letter) -> str:
        where = self._places.url("/notices") or "in Pipesheet, under Notices"
        return (
            f"Pipesheet tells you because somebody of “{one_line(letter.workspace)}” asked it to. Change that: {where}"
        )

    @contextmanager
    def _server(self, gave_up: threading.Event) -> Iterator[smtplib.SMTP]:
        smtp, tls = self._smtp, self._tls or tls_of_this_machine()
        limits: dict[str, Any] = {"timeout": _SECONDS, "deadline": self._deadline, "gave_up": gave_up}
        if smtp.security == "tls":
            server: smtplib.SMTP = _HurriedTls(smtp.host, smtp.port, context=tls, **limits)
        else:
            server = _Hurried(smtp.host, smtp.port, **limits)
        try:
            if smtp.security == "starttls":
                server.starttls(context=tls)
            if smtp.user and smtp.password:
                server.login(smtp.user, smtp.password.reveal())
            yield server
        except BaseException:
            server.close()
            raise
        # It has the letter by now; a server that does not say goodbye takes nothing back.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()

    @contextmanager
    def _in_our_words(self, gave_up: threading.Event) -> Iterator[None]:
        host = self._smtp.host
        try:
            yield
        except smtplib.SMTPAuthenticationError as error:
            raise SetupError(
                f"The mail server {host} refused to let Pipesheet sign in: {self._told(error)}",
                hint="Whoever runs this server corrects SMTP_URL (docs/settings.md).",
            ) from None  # what it was chained to may repeat what was sent
        except smtplib.SMTPNotSupportedError as error:
            raise SetupError(
                f"The mail server {host} does not offer what SMTP_URL asks for: {error}",
                hint="Whoever runs this server corrects SMTP_URL (docs/settings.md).",
            ) from error
        except smtplib.SMTPRecipientsRefused as error:
            told = "; ".join(f"{address}: {_said(code, text)}" for address, (code, text) in error.recipients.items())
            raise InvalidSettings(
                f"The mail server {host} refused every recipient. {self._without_password(told)}",
                hint="Check the addresses.",
            ) from None
        except smtplib.SMTPResponseException as error:
            raise ServiceTrouble(f"The mail server {host} refused the letter: {self._told(error)}") from None
        except ssl.SSLCertVerificationError as error:
            raise SetupError(
                f"The certificate of the mail server {host} is not good for it: {error.verify_message}.",
                hint="Whoever runs this server corrects SMTP_URL, or the certificate.",
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise _no_answer(host, TimeoutError() if gave_up.is_set() else error) from None

    def _told(self, error: smtplib.SMTPResponseException) -> str:
        return self._without_password(_said(error.smtp_code, error.smtp_error))

    def _without_password(self, text: str) -> str:
        password = self._smtp.password.reveal() if self._smtp.password else ""
        return text.replace(password, "*****") if password else text


def _as_sent(address: str) -> str:
    """With the domain as name servers know it (xn--…), which any mail server takes; a name before the @ has no such form."""
    if address.isascii():
        return address
    try:
        parts = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return address
    return f"{parts.local_part}@{parts.ascii_domain}"


def _address(address: str, name: str = "") -> Address:
    """By its parts: as a whole, it is refused where the name before the @ has other letters."""
    username, _, domain = address.rpartition("@")
    return Address(name, username=username, domain=domain)


def _no_answer(host: str, error: Exception) -> ImporterError:
    if isinstance(error, TimeoutError):
        return ConnectionTrouble(f"The mail server {host} did not answer in time.")
    why = getattr(error, "strerror", None) or "it ended the conversation"
    return ConnectionTrouble(f"The mail server {host} could not be reached ({why}).")


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {one_line(words)[:300]}"
