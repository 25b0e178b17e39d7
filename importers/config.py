"""
Settings: one frozen value, built once by the entry points and passed down.

This is the only module that reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from importers.errors import InvalidSettings
from importers.secret import Secret

WHERE_TO_COPY_IT = "In Pipedrive: your name (top right) › Personal preferences › API."
"""The one way of saying it, for every message about a token."""

_PREFIX = "PIPESHEET_"
_FILE_ENDING = "_FILE"


@dataclass(frozen=True, slots=True)
class Smtp:
    """
    The mail server that notices are handed to, and whom they come from.
    `security` is how the way there is kept: "tls" from the first byte on,
    "starttls", or "none", which goes with no password but on this machine.
    """

    host: str
    port: int
    sender: str
    user: str = ""
    password: Secret | None = None
    security: str = "starttls"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Where things are and how strict to be. See docs/settings.md.

    `proxies` is how many trusted proxies stand in front of the pages.
    `reroutes` maps a host pattern ("*.pipedrive.com") to a loopback base URL.
    `secret_keys` holds Fernet keys: the first seals, all open; when empty a
    key is kept in the home folder. `sandbox` says that the pretend vendors run
    beside us and `sandbox_token` what signs in at the pretend Pipedrive. The two
    of an app, for signing in with OAuth, are both set or neither. The quotas are
    requests a minute that Google lets a project and each of its users make.
    Without `smtp` no notice goes out by e-mail; `webhooks_to_private` lets them go
    to machines of one's own network, where anybody who may add a channel reaches them.
    """

    home: Path
    database_url: str
    redis_url: str
    secret_keys: tuple[Secret, ...] = ()
    session_key: Secret | None = None
    public_url: str = ""
    proxies: int = 0
    port: int = 8000
    environment: str = "development"
    reroutes: Mapping[str, str] = field(default_factory=dict)
    sandbox: bool = False
    sandbox_token: str = ""
    pipedrive_client_id: str = ""
    pipedrive_client_secret: Secret | None = None
    google_client_id: str = ""
    google_client_secret: Secret | None = None
    google_api_key: Secret | None = None
    google_project_number: str = ""
    google_quota_project: int = 300
    google_quota_user: int = 60
    smtp: Smtp | None = None
    webhooks_to_private: bool = False
    runs_per_connection: int = 3
    keep_events_days: int = 30
    keep_runs_days: int = 365
    log_level: str = "INFO"

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def workbooks(self) -> Path:
        return self.home / "workbooks"

    @property
    def mirrors(self) -> Path:
        """What importers read last, for those that read only what changed."""
        return self.home / "mirrors"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; raises InvalidSettings naming every problem at once."""
        return _Reader(os.environ if environ is None else environ).settings()


def api_token_from_env(environ: Mapping[str, str] | None = None) -> Secret:
    """
    The token of a one-off import, from PIPEDRIVE_API_TOKEN or the file that
    PIPEDRIVE_API_TOKEN_FILE names. Raises InvalidSettings when there is none.
    """
    return _Reader(os.environ if environ is None else environ).api_token()


def google_key_from_env(environ: Mapping[str, str] | None = None) -> Secret:
    """
    The JSON key of the service account that a one-off import writes with, from
    the file that GOOGLE_APPLICATION_CREDENTIALS names. Raises InvalidSettings
    when there is none.
    """
    return _Reader(os.environ if environ is None else environ).google_key()


class _Reader:
    """Collects problems while reading, so that all are told together."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def settings(self) -> Settings:
        home = Path(self._text(_PREFIX + "HOME") or "~/.pipesheet").expanduser().absolute()
        settings = Settings(
            home=home,
            database_url=self._text("DATABASE_URL") or f"sqlite:///{home / 'pipesheet.db'}",
            redis_url=self._redis_url(),
            secret_keys=self._secret_keys(),
            session_key=self._secret(_PREFIX + "SESSION_KEY"),
            public_url=self._public_url(),
            proxies=self._proxies(),
            port=self._port(),
            environment=self._one_of(_PREFIX + "ENVIRONMENT", ("development", "production")),
            reroutes=self._reroutes(),
            sandbox=self._flag(_PREFIX + "SANDBOX"),
            sandbox_token=self._text(_PREFIX + "SANDBOX_TOKEN"),
            pipedrive_client_id=self._text("PIPEDRIVE_CLIENT_ID"),
            pipedrive_client_secret=self._secret("PIPEDRIVE_CLIENT_SECRET"),
            google_client_id=(google_client_id := self._text("GOOGLE_CLIENT_ID")),
            google_client_secret=self._secret("GOOGLE_CLIENT_SECRET"),
            google_api_key=self._secret("GOOGLE_API_KEY"),
            google_project_number=self._google_project_number(google_client_id),
            google_quota_project=self._quota("GOOGLE_QUOTA_PROJECT", "300"),
            google_quota_user=self._quota("GOOGLE_QUOTA_USER", "60"),
            smtp=self._smtp(),
            webhooks_to_private=self._flag(_PREFIX + "WEBHOOKS_TO_PRIVATE"),
            runs_per_connection=self._number(_PREFIX + "RUNS_PER_CONNECTION", 3, most=1000),
            keep_events_days=self._number(_PREFIX + "KEEP_EVENTS_DAYS", 30, most=100_000),
            keep_runs_days=self._number(_PREFIX + "KEEP_RUNS_DAYS", 365, most=100_000),
            log_level=self._one_of(_PREFIX + "LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
        )
        self._check_production(settings)
        self._check_app("PIPEDRIVE", settings.pipedrive_client_id, settings.pipedrive_client_secret)
        self._check_app("GOOGLE", settings.google_client_id, settings.google_client_secret)
        self._refuse_problems()
        return settings

    def api_token(self) -> Secret:
        token = self._secret("PIPEDRIVE_API_TOKEN")
        file = self._environ.get("PIPEDRIVE_API_TOKEN" + _FILE_ENDING)
        if token is None and file and not self._problems:
            self._problems.append(f"PIPEDRIVE_API_TOKEN{_FILE_ENDING} names {file}, which is empty")
        self._refuse_problems()
        if token is None:
            raise InvalidSettings(
                "PIPEDRIVE_API_TOKEN is not set.",
                hint="Put your API token there, or name a file that holds it in PIPEDRIVE_API_TOKEN_FILE. "
                f"{WHERE_TO_COPY_IT} To try the command on a pretend Pipedrive, add --sandbox.",
            )
        return token

    def google_key(self) -> Secret:
        path = self._text("GOOGLE_APPLICATION_CREDENTIALS")
        if not path:
            raise InvalidSettings(
                "GOOGLE_APPLICATION_CREDENTIALS is not set.",
                hint="Name the JSON key file of a service account there, and share the spreadsheet with its address as "
                "editor (docs/command-line.md). To try the command on a pretend Google, add --sandbox.",
            )
        try:
            return Secret(Path(path).expanduser().read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            why = f" ({error.strerror})" if isinstance(error, OSError) else ": it is not a text in UTF-8"
            raise InvalidSettings(
                f"GOOGLE_APPLICATION_CREDENTIALS names {path}, which cannot be read{why}.",
                hint="Name the JSON key file of a service account there.",
            ) from None

    def _refuse_problems(self) -> None:
        if self._problems:
            raise InvalidSettings(
                "The settings do not fit: " + "; ".join(self._problems) + ".",
                hint="Change these environment variables and start again (docs/settings.md lists them all).",
            )

    def _text(self, name: str) -> str:
        """The value of NAME, or the content of the file that NAME_FILE names."""
        if text := self._environ.get(name, "").strip():
            return text
        path = self._environ.get(name + _FILE_ENDING)
        if not path:
            return ""
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            self._problems.append(f"{name}{_FILE_ENDING} names {path}, which cannot be read ({error.strerror})")
        except ValueError:
            self._problems.append(f"{name}{_FILE_ENDING} names {path}, which is not a text in UTF-8")
        return ""

    def _secret(self, name: str) -> Secret | None:
        text = self._text(name)
        return Secret(text) if text else None

    def _secret_keys(self) -> tuple[Secret, ...]:
        text = self._text(_PREFIX + "SECRET_KEYS")
        return tuple(Secret(key.strip()) for key in text.split(",") if key.strip())

    def _redis_url(self) -> str:
        url = self._text("REDIS_URL")
        if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
            self._problems.append("REDIS_URL must start with redis://, rediss:// or unix://")
        return url

    def _public_url(self) -> str:
        url = self._text(_PREFIX + "PUBLIC_URL").rstrip("/")
        if url and urlsplit(url).scheme not in ("http", "https"):
            self._problems.append(f"{_PREFIX}PUBLIC_URL must start with https:// or http://")
        return url

    def _port(self) -> int:
        text = self._text("PORT") or "8000"
        if text.isdecimal() and 0 < int(text) < 65536:
            return int(text)
        self._problems.append(f"PORT is {text!r}; it must be a number from 1 to 65535")
        return 8000

    def _proxies(self) -> int:
        text = self._text(_PREFIX + "PROXIES") or "0"
        if text in tuple("0123456789"):
            return int(text)
        self._problems.append(f"{_PREFIX}PROXIES is {text!r}; it must be the number of proxies, from 0 to 9")
        return 0

    def _google_project_number(self, client_id: str) -> str:
        """The number that Google's client ids begin with, unless another one is set."""
        text = self._text("GOOGLE_PROJECT_NUMBER")
        if text and not (text.isascii() and text.isdecimal()):
            self._problems.append(f"GOOGLE_PROJECT_NUMBER is {text!r}; it must be a number, not the project's id")
        number = client_id.partition("-")[0]
        return text or (number if number.isascii() and number.isdecimal() else "")

    def _quota(self, name: str, usual: str) -> int:
        text = self._text(name) or usual
        if text.isascii() and text.isdecimal() and 0 < int(text) <= 100_000:
            return int(text)
        self._problems.append(f"{name} is {text!r}; it must be the number of requests a minute, such as {usual}")
        return int(usual)

    def _smtp(self) -> Smtp | None:
        """From one address, or from its parts."""
        url, host = self._secret("SMTP_URL"), self._text("SMTP_HOST")
        port, user, password = self._text("SMTP_PORT"), self._text("SMTP_USER"), self._secret("SMTP_PASSWORD")
        sender = self._text("SMTP_FROM")
        if url:
            return self._smtp_by_url(url, sender)
        if not host:
            if port or user or password or sender:
                self._problems.append("SMTP_HOST is not set (nor SMTP_URL), but other settings of SMTP are")
            return None
        if port and not _is_port(port):
            self._problems.append(f"SMTP_PORT is {port!r}; it must be a number from 1 to 65535")
            return None
        security = "tls" if port == "465" else "none" if is_loopback(host) else "starttls"
        return self._smtp_checked(Smtp(host, int(port or 587), sender, user, password, security), "SMTP_PASSWORD")

    def _smtp_by_url(self, url: Secret, sender: str) -> Smtp | None:
        """Problems never repeat the address: it may hold a password."""
        try:
            parts = urlsplit(url.reveal())
            host, port, wanted = parts.hostname or "", parts.port, dict(parse_qsl(parts.query, strict_parsing=True))
        except ValueError:
            host, port, wanted = "", None, {}
            parts = urlsplit("")
        starttls = wanted.pop("starttls", "")
        if parts.scheme not in ("smtp", "smtps") or not host or wanted or starttls not in ("", "0", "1"):
            self._problems.append(
                "SMTP_URL must look like smtp://user:password@host:587/?starttls=1 or smtps://user:password@host:465/"
            )
            return None
        security = "tls" if parts.scheme == "smtps" else {"0": "none", "1": "starttls"}.get(starttls, "")
        security = security or ("none" if is_loopback(host) else "starttls")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        smtp = Smtp(
            host,
            port or (465 if security == "tls" else 587),
            sender,
            user,
            Secret(password) if password else None,
            security,
        )
        return self._smtp_checked(smtp, "SMTP_URL")

    def _smtp_checked(self, smtp: Smtp, said: str) -> Smtp:
        sender = smtp.sender or (smtp.user if "@" in smtp.user else "")
        if not _looks_like_an_address(sender):
            self._problems.append("SMTP_FROM must be the e-mail address that notices come from")
        if bool(smtp.user) != bool(smtp.password):
            self._problems.append("SMTP has a user without a password, or a password without a user")
        if smtp.password and smtp.security == "none" and not is_loopback(smtp.host):
            self._problems.append(
                f"{said} would send the password readable for everybody on the way: use STARTTLS or TLS"
            )
        return replace(smtp, sender=sender)

    def _number(self, name: str, usual: int, *, most: int) -> int:
        text = self._text(name) or str(usual)
        if text.isascii() and text.isdecimal() and 1 <= int(text) <= most:
            return int(text)
        self._problems.append(f"{name} is {text!r}; it must be a number from 1 to {most:,}")
        return usual

    def _one_of(self, name: str, choices: tuple[str, ...]) -> str:
        text = self._text(name) or choices[0]
        if text in choices:
            return text
        self._problems.append(f"{name} is {text!r}; it must be one of {', '.join(choices)}")
        return choices[0]

    def _flag(self, name: str) -> bool:
        return self._one_of(name, ("false", "true")) == "true"

    def _reroutes(self) -> dict[str, str]:
        text = self._text(_PREFIX + "REROUTE")
        pairs = [pair.strip() for pair in text.split(",") if pair.strip()]
        return dict(pair for pair in map(self._reroute, pairs) if pair)

    def _reroute(self, pair: str) -> tuple[str, str] | None:
        pattern, equals, target = (part.strip() for part in pair.partition("="))
        parts = urlsplit(target)
        if not (pattern and equals and parts.scheme in ("http", "https") and parts.hostname):
            self._problems.append(
                f"{_PREFIX}REROUTE has {pair!r}; it must look like *.pipedrive.com=http://127.0.0.1:8100"
            )
            return None
        if not is_loopback(parts.hostname):
            self._problems.append(
                f"{_PREFIX}REROUTE may only name this machine (127.0.0.1, ::1 or localhost), not {parts.hostname}"
            )
            return None
        return pattern.lower(), target.rstrip("/")

    def _check_app(self, vendor: str, client_id: str, client_secret: Secret | None) -> None:
        for one, other, value, partner in (
            ("ID", "SECRET", client_id, client_secret),
            ("SECRET", "ID", client_secret, client_id),
        ):
            if value and not partner:
                self._problems.append(f"{vendor}_CLIENT_{one} is set, but {vendor}_CLIENT_{other} is not")
        if client_id and not client_id.isprintable():
            self._problems.append(f"{vendor}_CLIENT_ID holds line breaks or other characters that no client id has")

    def _check_production(self, settings: Settings) -> None:
        if not settings.is_production:
            return
        for name, value in (
            (_PREFIX + "SECRET_KEYS", settings.secret_keys),
            (_PREFIX + "SESSION_KEY", settings.session_key),
            ("REDIS_URL", settings.redis_url),
        ):
            if not value:
                self._problems.append(f"{name} must be set in production")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) < 65536


def _looks_like_an_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and text.isprintable() and not set(text) & set(' <>,;"')


def is_loopback(host: str) -> bool:
    """Whether *host* can only be this machine, judged without asking a name server."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
