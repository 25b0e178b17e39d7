"""Seals secrets for storage, and keeps the keys that were made for a home folder."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from importers.config import Settings
from importers.errors import InvalidSettings, SetupError
from importers.secret import Secret


class FernetVault:
    """Implements `interfaces.Vault`: the first key seals, all of them open."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._fernet = MultiFernet([_fernet(key) for key in keys])

    def seal(self, secret: Secret) -> bytes:
        return self._fernet.encrypt(secret.reveal().encode())

    def open(self, sealed: bytes) -> Secret:
        try:
            return Secret(self._fernet.decrypt(sealed).decode())
        except InvalidToken:
            # Not chained: the sealed bytes must not travel with the error.
            raise SetupError(
                "A stored token cannot be opened: none of the keys fits.",
                hint="Put the key that sealed it back into PIPESHEET_SECRET_KEYS, or link the account again.",
            ) from None


def vault_keys(settings: Settings) -> Sequence[Secret]:
    """The keys of the settings, else the one kept in the home folder, made at the first call."""
    if settings.secret_keys:
        return settings.secret_keys
    return [kept_key(settings.home / "secret.key", lambda: Fernet.generate_key().decode())]


def session_key(settings: Settings) -> Secret:
    """What signs the cookies of the pages: from the settings, else kept in the home folder."""
    if settings.session_key:
        return settings.session_key
    return kept_key(settings.home / "session.key", lambda: secrets.token_urlsafe(48))


def kept_key(path: Path, make: Callable[[], str]) -> Secret:
    """
    The key in *path*, made and written there (for its owner only) when there is none.

    Processes that start together all end up with the same key.
    """
    try:
        if not path.exists():
            _write_once(path, make())
        return Secret(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"The key file {path} cannot be read or written.",
            hint="Check that PIPESHEET_HOME names a folder this user may write to.",
        ) from error


def _write_once(path: Path, text: str) -> None:
    """Put *text* into *path*, whole or not at all; whoever is first wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        draft.unlink()


def _fernet(key: Secret) -> Fernet:
    try:
        return Fernet(key.reveal())
    except ValueError:
        raise InvalidSettings(
            "A key in PIPESHEET_SECRET_KEYS is not a Fernet key (32 bytes, base64, 44 characters).",
            hint="Make one with: python -c 'from cryptography.fernet import Fernet as F; print(F.generate_key().decode())'",
        ) from None
