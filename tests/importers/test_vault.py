"""Secrets at rest, and the keys that are made for a home folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from importers.config import Settings
from importers.errors import InvalidSettings, SetupError
from importers.secret import Secret
from importers.vault import FernetVault, kept_key, session_key, vault_keys
from tests.contracts.store import at_once

TOKEN = Secret("0123456789abcdef")


def a_key() -> Secret:
    return Secret(Fernet.generate_key().decode())


def test_what_is_sealed_can_be_opened_and_not_read():
    vault = FernetVault([a_key()])
    sealed = vault.seal(TOKEN)
    assert vault.open(sealed) == TOKEN
    assert TOKEN.reveal().encode() not in sealed


def test_the_same_secret_is_never_sealed_alike():
    vault = FernetVault([a_key()])
    assert vault.seal(TOKEN) != vault.seal(TOKEN)


def test_a_new_key_in_front_seals_and_the_old_one_still_opens():
    old, new = a_key(), a_key()
    sealed_before = FernetVault([old]).seal(TOKEN)
    both = FernetVault([new, old])
    assert both.open(sealed_before) == TOKEN
    assert FernetVault([new]).open(both.seal(TOKEN)) == TOKEN


def test_without_the_right_key_it_says_what_to_do():
    sealed = FernetVault([a_key()]).seal(TOKEN)
    with pytest.raises(SetupError, match="PIPESHEET_SECRET_KEYS"):
        FernetVault([a_key()]).open(sealed)


def test_a_key_that_is_none_is_refused_without_repeating_it():
    with pytest.raises(InvalidSettings, match="not a Fernet key") as caught:
        FernetVault([Secret("hunter2")])
    assert "hunter2" not in str(caught.value)


def test_keys_of_the_settings_win(settings: Settings):
    keys = (a_key(), a_key())
    assert vault_keys(replace(settings, secret_keys=keys)) == keys
    assert not settings.home.exists()


def test_a_key_is_made_once_for_its_owner_only(settings: Settings):
    first = vault_keys(settings)
    assert vault_keys(settings) == first
    FernetVault(first)
    file = settings.home / "secret.key"
    assert (file.stat().st_mode & 0o777, settings.home.stat().st_mode & 0o777) == (0o600, 0o700)


def test_processes_that_start_together_have_one_key(settings: Settings):
    answers = at_once([lambda: vault_keys(settings)[0].reveal()] * 8)
    assert len(set(answers)) == 1
    assert [file.name for file in settings.home.iterdir()] == ["secret.key"]


def test_a_session_key_comes_from_the_settings_or_is_kept(settings: Settings):
    assert session_key(replace(settings, session_key=TOKEN)) == TOKEN
    kept = session_key(settings)
    assert session_key(settings) == kept
    assert len(kept.reveal()) >= 43
    assert (settings.home / "session.key").stat().st_mode & 0o777 == 0o600


def test_a_home_that_cannot_be_written_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupError, match="PIPESHEET_HOME"):
        kept_key(tmp_path / "file" / "secret.key", lambda: "never")
