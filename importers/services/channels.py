"""Where notices go, and what a workspace wants to be told."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence

from email_validator import EmailNotValidError, validate_email

from importers.errors import InvalidSettings
from importers.interfaces import Clock, NoticeStore, Vault
from importers.model import Actor, Role
from importers.notices import Channel, ChannelKind, Notice, Telling
from importers.secret import Secret
from importers.services.access import require
from importers.services.letters import test_letter
from importers.services.posting import Posting

MOST_RECIPIENTS = 20
MOST_CHANNELS = 20
_DEED = "decide where notices go"
_SHOWN = 50


class Channels:
    """
    Owners decide, everybody of the workspace sees. *host_of* says which host an
    address names, and refuses what is none that notices may go to.
    """

    def __init__(
        self,
        *,
        store: NoticeStore,
        vault: Vault,
        posting: Posting,
        clock: Clock,
        host_of: Callable[[Secret], str],
    ) -> None:
        self._store = store
        self._vault = vault
        self._posting = posting
        self._clock = clock
        self._host_of = host_of

    @property
    def kinds(self) -> frozenset[ChannelKind]:
        """Those there can be here: e-mail needs a mail server."""
        return self._posting.kinds

    def list(self, actor: Actor) -> Sequence[Channel]:
        """By name."""
        return self._store.channels(actor.workspace.id)

    def get(self, actor: Actor, channel_id: int) -> Channel:
        return self._store.channel(actor.workspace.id, channel_id)

    def add_email(self, actor: Actor, name: str, recipients: str) -> Channel:
        """Raises InvalidSettings, whose fact `field` is "recipients" or "name"."""
        require(actor, Role.OWNER, _DEED)
        return self._add(actor, ChannelKind.EMAIL, name, _addresses(recipients), b"")

    def add_slack(self, actor: Actor, name: str, url: Secret) -> Channel:
        """*url* is an incoming webhook's. Raises InvalidSettings, whose fact `field` is "url" or "name"."""
        require(actor, Role.OWNER, _DEED)
        return self._add(actor, ChannelKind.SLACK, name, self._host(url), self._vault.seal(url))

    def add_webhook(self, actor: Actor, name: str, url: Secret) -> tuple[Channel, Secret]:
        """The channel, and what its letters are signed with, which nobody is shown again. Raises as `add_slack`."""
        require(actor, Role.OWNER, _DEED)
        host, key = self._host(url), _new_key()
        return self._add(actor, ChannelKind.WEBHOOK, name, host, self._vault.seal(_both(key, url))), key

    def change(
        self, actor: Actor, channel_id: int, name: str, *, recipients: str = "", url: Secret | None = None
    ) -> Channel:
        """Its name, and for e-mail its recipients; its address only where one is given. Raises as the ways to add one."""
        require(actor, Role.OWNER, _DEED)
        channel = self.get(actor, channel_id)
        place, sealed = channel.place, channel.sealed
        if channel.kind is ChannelKind.EMAIL:
            place = _addresses(recipients)
        elif url:
            place = self._host(url)
            sealed = self._vault.seal(url if channel.kind is ChannelKind.SLACK else _both(self._key_of(channel), url))
        return self._store.change_channel(
            actor.workspace.id, channel_id, name=_named(name, place), place=place, sealed=sealed
        )

    def renew_key(self, actor: Actor, channel_id: int) -> Secret:
        """Another one for a webhook to be signed with, from now on."""
        require(actor, Role.OWNER, _DEED)
        channel = self.get(actor, channel_id)
        if channel.kind is not ChannelKind.WEBHOOK:
            raise InvalidSettings(f"{channel.name} is no webhook: what goes there is not signed.")
        key, url = _new_key(), Secret(self._vault.open(channel.sealed).reveal().partition(" ")[2])
        sealed = self._vault.seal(_both(key, url))
        self._store.change_channel(
            actor.workspace.id, channel_id, name=channel.name, place=channel.place, sealed=sealed
        )
        return key

    def remove(self, actor: Actor, channel_id: int) -> None:
        require(actor, Role.OWNER, _DEED)
        self._store.remove_channel(actor.workspace.id, channel_id, reason="The channel was removed.")

    def test(self, actor: Actor, channel_id: int) -> str:
        """Send a letter now, once; what the other side answered. Raises what kept it from arriving."""
        require(actor, Role.OWNER, "send tests")
        channel = self.get(actor, channel_id)
        letter = test_letter(actor.workspace, channel.name, key=uuid.uuid4().hex, at=self._clock.now())
        return self._posting.carry(letter, channel)

    def telling(self, actor: Actor) -> Telling:
        return self._store.telling(actor.workspace.id)

    def keep_telling(self, actor: Actor, telling: Telling) -> None:
        require(actor, Role.OWNER, "decide what notices tell")
        self._store.keep_telling(actor.workspace.id, telling)

    def history(self, actor: Actor) -> Sequence[Notice]:
        """The last fifty, newest first."""
        return self._store.notices(actor.workspace.id, limit=_SHOWN)

    def _add(self, actor: Actor, kind: ChannelKind, name: str, place: str, sealed: bytes) -> Channel:
        if len(self.list(actor)) >= MOST_CHANNELS:
            raise InvalidSettings(
                f"There are {MOST_CHANNELS} channels already.", hint="Remove one first.", field="name"
            )
        return self._store.add_channel(
            actor.workspace.id, kind, _named(name, place), place, sealed, now=self._clock.now()
        )

    def _host(self, url: Secret) -> str:
        try:
            return self._host_of(url)
        except InvalidSettings as error:
            raise InvalidSettings(error.message, hint=error.hint, field="url") from None

    def _key_of(self, channel: Channel) -> Secret:
        return Secret(self._vault.open(channel.sealed).reveal().partition(" ")[0])


def _both(key: Secret, url: Secret) -> Secret:
    """As `WebhookCarrier` takes them; no address holds a space."""
    return Secret(f"{key.reveal()} {url.reveal()}")


def _new_key() -> Secret:
    return Secret(f"whsec_{secrets.token_urlsafe(32)}")


def _named(name: str, place: str) -> str:
    """By its place where it has no name of its own."""
    given = " ".join(name.split())
    if len(given) > 100:
        raise InvalidSettings("That name is too long.", hint="Choose one of at most 100 characters.", field="name")
    return given or place.partition(",")[0][:100]


def _addresses(recipients: str) -> str:
    found = list(dict.fromkeys(recipients.replace(",", " ").replace(";", " ").split()))
    if not found:
        raise InvalidSettings("Nobody would get it.", hint="Type an e-mail address.", field="recipients")
    if len(found) > MOST_RECIPIENTS:
        raise InvalidSettings(
            f"Those are {len(found)} addresses.",
            hint=f"One channel has at most {MOST_RECIPIENTS}; a mailing list is one address.",
            field="recipients",
        )
    return ", ".join(_checked(found))


def _checked(addresses: Iterable[str]) -> Iterable[str]:
    for address in addresses:
        try:
            yield validate_email(address, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise InvalidSettings(
                f"{address} is not an e-mail address.", hint="It looks like name@example.com.", field="recipients"
            ) from error
