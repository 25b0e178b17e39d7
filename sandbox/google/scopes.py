"""What an app may be allowed, how Google writes it, and what each method asks for."""

from __future__ import annotations

from collections.abc import Iterable

_AUTH = "https://www.googleapis.com/auth/"

OPENID = "openid"
EMAIL = _AUTH + "userinfo.email"
PROFILE = _AUTH + "userinfo.profile"
DRIVE = _AUTH + "drive"
DRIVE_READONLY = _AUTH + "drive.readonly"
DRIVE_METADATA = _AUTH + "drive.metadata"
DRIVE_METADATA_READONLY = _AUTH + "drive.metadata.readonly"
DRIVE_FILE = _AUTH + "drive.file"
SPREADSHEETS = _AUTH + "spreadsheets"
SPREADSHEETS_READONLY = _AUTH + "spreadsheets.readonly"

MEANINGS = {
    OPENID: "Associate you with your personal info on Google",
    EMAIL: "See your primary Google Account email address",
    PROFILE: "See your personal info, including any personal info you've made publicly available",
    DRIVE: "See, edit, create, and delete all of your Google Drive files",
    DRIVE_READONLY: "See and download all your Google Drive files",
    DRIVE_METADATA: "View and manage metadata of files in your Google Drive",
    DRIVE_METADATA_READONLY: "See information about your Google Drive files",
    DRIVE_FILE: "See, edit, create, and delete only the specific Google Drive files you use with this app",
    SPREADSHEETS: "See, edit, create, and delete all your Google Sheets spreadsheets",
    SPREADSHEETS_READONLY: "See all your Google Sheets spreadsheets",
}
SIGN_IN = (OPENID, EMAIL, PROFILE)
"""These are not asked one by one: whoever signs in gives them."""

_SHORT = {"email": EMAIL, "profile": PROFILE}

WRITES_SHEETS = frozenset({DRIVE, DRIVE_FILE, SPREADSHEETS})
READS_SHEETS = WRITES_SHEETS | {DRIVE_READONLY, SPREADSHEETS_READONLY}
WRITES_FILES = frozenset({DRIVE, DRIVE_FILE})
READS_FILES = WRITES_FILES | {DRIVE_READONLY}
LISTS_FILES = READS_FILES | {DRIVE_METADATA, DRIVE_METADATA_READONLY}

_EVERY_FILE_TO_READ = frozenset({DRIVE, DRIVE_READONLY, SPREADSHEETS, SPREADSHEETS_READONLY})
_EVERY_FILE_TO_WRITE = frozenset({DRIVE, SPREADSHEETS})
_EVERY_NAME = _EVERY_FILE_TO_READ - {SPREADSHEETS, SPREADSHEETS_READONLY} | {DRIVE_METADATA, DRIVE_METADATA_READONLY}


def read(text: str) -> tuple[str, ...]:
    """As asked for, in Google's own words, each once: `email` brings `openid` along."""
    asked = [_SHORT.get(scope, scope) for scope in text.split()]
    if {EMAIL, PROFILE} & set(asked):
        asked.append(OPENID)
    return tuple(dict.fromkeys(asked))


def unknown(asked: Iterable[str]) -> list[str]:
    return [scope for scope in asked if scope not in MEANINGS]


def reaches_every_file(granted: frozenset[str], *, to_write: bool) -> bool:
    """Whether a file's contents may be had although the app never was given that file."""
    return bool(granted & (_EVERY_FILE_TO_WRITE if to_write else _EVERY_FILE_TO_READ))


def sees_every_name(granted: frozenset[str]) -> bool:
    """Whether Drive shows all files, not only those the app was given."""
    return bool(granted & _EVERY_NAME)
