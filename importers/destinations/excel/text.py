"""How a text stands in a sheet's XML, and how it is got out again."""

from __future__ import annotations

import re

from importers.destinations.excel.names import MAX_TEXT, units

CUT_MARK = "… [cut]"

SEPARATOR = "\x1f"
"""Stands between the texts of a column while they are treated as one."""

# XML cannot hold these, and a reader of XML turns \r into \n; Excel writes them as _xHHHH_.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_CONTROLS = bytes(code for code in range(32) if chr(code) not in "\t\n\x1f")
_MOST_UNITS_IN_A_CHARACTER = 2


def escaped_together(texts: list[str]) -> list[str] | None:
    """
    The texts as XML; None when one of them needs a closer look (`escaped`).

    Ordinary text is ten times quicker treated as one long string than one by one.
    """
    joined = SEPARATOR.join(texts)
    if not _is_ordinary(joined, texts):
        return None
    done = joined.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split(SEPARATOR)
    return done if len(done) == len(texts) else None


def _is_ordinary(joined: str, texts: list[str]) -> bool:
    most = MAX_TEXT // _MOST_UNITS_IN_A_CHARACTER
    if len(joined) > most and max(map(len, texts)) > most:
        return False
    try:
        raw = joined.encode()
    except UnicodeEncodeError:
        return False
    return b"_x" not in raw and b"\xef\xbf" not in raw and len(raw.translate(None, _CONTROLS)) == len(raw)


def escaped(text: str) -> str:
    """Any text as XML. What XML cannot hold becomes _xHHHH_, half a character becomes U+FFFD."""
    text = _LOOKS_ESCAPED.sub("_x005F_", text)
    text = _SURROGATE.sub("\ufffd", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _UNSPEAKABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """The text that `escaped` was given."""
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def fitted(text: str) -> str:
    """The text as long as a cell can hold it: where it was cut, it ends in CUT_MARK."""
    if units(text) <= MAX_TEXT:
        return text
    room = MAX_TEXT - units(CUT_MARK)
    kept = text[:room]
    while (over := units(kept) - room) > 0:
        kept = kept[: -max(1, over // _MOST_UNITS_IN_A_CHARACTER)]
    return kept + CUT_MARK
