"""Letters by e-mail, through a real mail server in this process."""

from __future__ import annotations

import email
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from importers.channels.email import EmailCarrier
from importers.channels.wording import Places
from importers.config import Smtp
from importers.errors import ConnectionTrouble, InvalidSettings, ServiceTrouble, SetupError
from importers.notices import ChannelKind
from importers.secret import Secret
from tests.importers.channels.letters import KEY, a_channel, a_letter, several
from tests.importers.channels.listener import a_certificate

PASSWORD = "a-password-for-tests"
PLACES = Places("https://sheets.example.com")


class Mailbox:
    """What arrived; who is refused, and with what."""

    def __init__(self) -> None:
        self.arrived: list[tuple[list[str], EmailMessage]] = []
        self.refuses: dict[str, str] = {}
        self.answers = "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers.startswith("250"):
            message = email.message_from_bytes(cast(bytes, envelope.content), policy=default)
            self.arrived.append((envelope.rcpt_tos, cast(EmailMessage, message)))
        return self.answers


def authenticated(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    fits = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=fits, handled=fits)


@contextmanager
def a_server(mailbox: Mailbox, **options: Any) -> Iterator[Smtp]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield Smtp("127.0.0.1", port, "pipesheet@example.com", security="none")
    finally:
        controller.stop()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[Smtp]:
    with a_server(mailbox) as smtp:
        yield smtp


def carry(
    smtp: Smtp, *, to: str = "ann@example.com, bob@example.com", tls: ssl.SSLContext | None = None, **changes: Any
) -> str:
    return EmailCarrier(smtp, PLACES, tls=tls).carry(a_letter(**changes), a_channel(ChannelKind.EMAIL, to), Secret(""))


def test_a_letter_arrives_at_everybody(smtp: Smtp, mailbox: Mailbox):
    assert carry(smtp) == "127.0.0.1 took it."
    [(recipients, message)] = mailbox.arrived
    assert recipients == ["ann@example.com", "bob@example.com"]
    assert message["To"] == "ann@example.com, bob@example.com"
    assert message["From"] == "Pipesheet <pipesheet@example.com>"
    assert message["Subject"] == "[Pipesheet] “Deals” failed"
    assert message["Message-ID"] == f"<{KEY}@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    for told in (a_letter().what, a_letter().means, a_letter().do, "https://sheets.example.com/runs/7", "“Acme”"):
        assert told in text


def test_importers_are_listed_with_their_links(smtp: Smtp, mailbox: Mailbox):
    carry(smtp, subjects=several("Deals", *(f"Importer {number}" for number in range(60))))
    text = mailbox.arrived[0][1].get_content().replace("\r\n", "\n")
    assert "- Deals: trouble 1\n  https://sheets.example.com/runs/1\n" in text
    assert "- and 11 more" in text


def test_names_with_line_breaks_cannot_add_headers(smtp: Smtp, mailbox: Mailbox):
    carry(smtp, title="Deals\r\nBcc: eve@example.com\r\n\r\nhello")
    [(recipients, message)] = mailbox.arrived
    assert "eve@example.com" not in recipients
    assert message["Bcc"] is None
    assert message["Subject"] == "[Pipesheet] Deals Bcc: eve@example.com hello"


def test_it_signs_in_where_it_is_told_to(mailbox: Mailbox, tmp_path: Path):
    server, trusting = a_certificate(tmp_path, "127.0.0.1")
    with a_server(mailbox, tls_context=server, authenticator=authenticated, auth_required=True) as smtp:
        secure = replace(smtp, security="starttls", user="ann", password=Secret(PASSWORD))
        assert carry(secure, tls=trusting) == "127.0.0.1 took it."
        with pytest.raises(SetupError, match=r"refused to let Pipesheet sign in: 535 .*SMTP_URL") as caught:
            carry(replace(secure, password=Secret("the-wrong-password")), tls=trusting)
        assert "the-wrong-password" not in str(caught.value)
        assert caught.value.__cause__ is None
        with pytest.raises(SetupError, match="certificate of the mail server"):
            carry(secure)
    assert len(mailbox.arrived) == 1


def test_tls_may_be_there_from_the_first_byte_on(mailbox: Mailbox, tmp_path: Path):
    server, trusting = a_certificate(tmp_path, "127.0.0.1")
    with a_server(mailbox, ssl_context=server) as smtp:
        assert carry(replace(smtp, security="tls"), tls=trusting) == "127.0.0.1 took it."
    assert len(mailbox.arrived) == 1


def test_a_server_without_starttls_gets_no_password(smtp: Smtp, mailbox: Mailbox):
    with pytest.raises(SetupError, match="does not offer what SMTP_URL asks for"):
        carry(replace(smtp, security="starttls", user="ann", password=Secret(PASSWORD)))
    assert mailbox.arrived == []


def test_a_domain_with_other_letters_is_written_as_every_server_takes_it(mailbox: Mailbox):
    with a_server(mailbox, enable_SMTPUTF8=False) as smtp:
        ours = replace(smtp, sender="pipesheet@münchen.example")
        assert carry(ours, to="ann@bücher.example, bob@example.com, cy@straße.example") == "127.0.0.1 took it."
    [(recipients, message)] = mailbox.arrived
    assert recipients == ["ann@xn--bcher-kva.example", "bob@example.com", "cy@xn--strae-oqa.example"]
    assert message["To"] == ", ".join(recipients)
    assert message["From"] == "Pipesheet <pipesheet@xn--mnchen-3ya.example>"
    assert message["Message-ID"] == f"<{KEY}@xn--mnchen-3ya.example>"


def test_a_name_with_other_letters_keeps_nobody_else_from_the_letter(mailbox: Mailbox):
    with a_server(mailbox, enable_SMTPUTF8=False) as smtp:
        told = carry(smtp, to="jörg@bücher.example, bob@example.com")
        assert "not for everybody. jörg@xn--bcher-kva.example: 553 the mail server knows no letters but" in told
        with pytest.raises(InvalidSettings, match="refused every recipient"):
            carry(smtp, to="jörg@bücher.example")
    assert [recipients for recipients, _ in mailbox.arrived] == [["bob@example.com"]]
    with a_server(mailbox, enable_SMTPUTF8=True) as smtp:
        assert carry(smtp, to="jörg@bücher.example, bob@example.com") == "127.0.0.1 took it."
    assert mailbox.arrived[1][0] == ["jörg@xn--bcher-kva.example", "bob@example.com"]


def test_a_letter_that_one_recipient_is_refused_is_sent_and_says_so(smtp: Smtp, mailbox: Mailbox):
    mailbox.refuses["bob@example.com"] = "550 no such mailbox"
    told = carry(smtp)
    assert told == "127.0.0.1 took it, but not for everybody. bob@example.com: 550 no such mailbox"
    assert mailbox.arrived[0][0] == ["ann@example.com"]


def test_a_letter_that_everybody_is_refused_is_not_sent(smtp: Smtp, mailbox: Mailbox):
    mailbox.refuses["bob@example.com"] = "550 no such mailbox"
    with pytest.raises(InvalidSettings, match=r"refused every recipient\. bob@example\.com: 550 no such mailbox"):
        carry(smtp, to="bob@example.com")


def test_a_letter_the_server_does_not_take_is_told_in_its_words(smtp: Smtp, mailbox: Mailbox):
    mailbox.answers = "451 come back later"
    with pytest.raises(ServiceTrouble, match="451 come back later"):
        carry(smtp)
    assert mailbox.arrived == []


def test_a_server_that_is_not_there_is_trouble_that_may_pass(smtp: Smtp):
    with pytest.raises(ConnectionTrouble, match="could not be reached"):
        carry(replace(smtp, port=9))


def dripping(server: socket.socket, over: threading.Event, tls: ssl.SSLContext | None) -> None:
    """Greets, a letter every now and then, for longer than anybody should wait."""
    line, _ = server.accept()
    with tls.wrap_socket(line, server_side=True) if tls else line as line, suppress(OSError):
        line.sendall(b"220-")
        while not over.wait(0.05):
            line.sendall(b"x")


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_server_that_drips_its_answers_is_not_listened_to_for_ever(security: str, tmp_path: Path):
    certificate, trusting = a_certificate(tmp_path, "127.0.0.1")
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        args = (server, over, certificate if security == "tls" else None)
        threading.Thread(target=dripping, args=args, daemon=True).start()
        smtp = Smtp("127.0.0.1", server.getsockname()[1], "pipesheet@example.com", security=security)
        began = time.monotonic()
        with pytest.raises(ConnectionTrouble, match="did not answer in time"):
            EmailCarrier(smtp, PLACES, tls=trusting, deadline=0.4).carry(
                a_letter(), a_channel(ChannelKind.EMAIL, "ann@example.com"), Secret("")
            )
        assert time.monotonic() - began < 5
        over.set()


def test_a_server_that_hangs_up_after_taking_the_letter_has_taken_it(
    smtp: Smtp, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    def hang_up(server: smtplib.SMTP) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(smtplib.SMTP, "quit", hang_up)
    assert carry(smtp) == "127.0.0.1 took it."
    assert len(mailbox.arrived) == 1
