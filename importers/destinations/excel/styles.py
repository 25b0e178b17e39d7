"""The formats our cells wear, and how they get into a workbook's styles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element

from importers.destinations.excel import xmltext
from importers.model import ColumnKind


class Style(StrEnum):
    """A format of ours. Plain text, numbers and booleans wear none."""

    HEADER = "header"
    HEADER_RIGHT = "header at the right"
    HEADER_CENTER = "header in the middle"
    QUOTED = "quoted"
    WHOLE = "whole"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    DURATION = "duration"


Indexes = Mapping[Style, int]
"""Which entry of a workbook's cellXfs is which style."""

OF_KIND = {
    ColumnKind.WHOLE: Style.WHOLE,
    ColumnKind.MONEY: Style.MONEY,
    ColumnKind.DATE: Style.DATE,
    ColumnKind.MOMENT: Style.MOMENT,
    ColumnKind.TIME: Style.TIME,
    ColumnKind.DURATION: Style.DURATION,
}

# Above what Excel puts there by itself: numbers and dates at the right, booleans
# in the middle. At the right the filter's button would cover the last letters.
HEADER_OF_KIND = {
    **dict.fromkeys((ColumnKind.NUMBER, *OF_KIND), Style.HEADER_RIGHT),
    ColumnKind.BOOLEAN: Style.HEADER_CENTER,
}
_ALIGNMENTS = {
    Style.HEADER: {"wrapText": "1"},
    Style.HEADER_RIGHT: {"horizontal": "right", "wrapText": "1", "indent": "2"},
    Style.HEADER_CENTER: {"horizontal": "center", "wrapText": "1"},
}

# ISO dates rather than Excel's locale-dependent formats 14 and 22: everyone who
# opens the file sees the same, unmistakable day, with the seconds, exactly as
# the pages show it. Numbers below 164 are built in.
_FORMATS: dict[Style, int | str] = {
    Style.WHOLE: 1,
    Style.MONEY: 4,
    Style.DATE: "yyyy\\-mm\\-dd",
    Style.MOMENT: "yyyy\\-mm\\-dd\\ hh:mm:ss",
    Style.TIME: "hh:mm:ss",
    Style.DURATION: 46,
}
_FIRST_OWN_FORMAT = 164


@dataclass(frozen=True, slots=True)
class _Look:
    """A cell format: the attributes of its element, and those of the alignment inside."""

    attributes: Mapping[str, str]
    alignment: Mapping[str, str]

    def written(self, prefix: str) -> str:
        if not self.alignment:
            return f"<{prefix}xf {_written(self.attributes)}/>"
        return f"<{prefix}xf {_written(self.attributes)}><{prefix}alignment {_written(self.alignment)}/></{prefix}xf>"


@dataclass(frozen=True, slots=True)
class Styled:
    """A styles part that holds our formats, and where they are in it."""

    text: str
    indexes: Indexes


def with_ours(text: str) -> Styled:
    """Add whatever is missing of our formats; a styles part that has them all comes back as it was."""
    text, numbers = _add_formats(text)
    text, bold = _add_bold_font(text)
    return _add_cell_formats(text, numbers, bold)


def _add_formats(text: str) -> tuple[str, dict[Style, int]]:
    there = {
        element.get("formatCode", ""): int(element.get("numFmtId", "0"))
        for element in _children(text, "numFmts", "numFmt")
    }
    missing = [code for code in _FORMATS.values() if isinstance(code, str) and code not in there]
    first = max([_FIRST_OWN_FORMAT - 1, *there.values()]) + 1
    there.update({code: first + place for place, code in enumerate(missing)})
    prefix = xmltext.root_prefix(text)
    added = "".join(f'<{prefix}numFmt numFmtId="{there[code]}" formatCode="{code}"/>' for code in missing)
    numbers = {style: code if isinstance(code, int) else there[code] for style, code in _FORMATS.items()}
    return (_append(text, "numFmts", added, len(there)) if missing else text), numbers


def _add_bold_font(text: str) -> tuple[str, int]:
    """Our header's font is the workbook's own standard font, in bold."""
    fonts = xmltext.inner_elements(text, "fonts", "font")
    bold = _in_bold(fonts[0], xmltext.root_prefix(text))
    if bold in fonts:
        return text, fonts.index(bold)
    return _append(text, "fonts", bold, len(fonts) + 1), len(fonts)


def _in_bold(font: str, prefix: str) -> str:
    inner = re.sub(rf"<{prefix}b(\s[^>]*)?/>", "", xmltext.inner(font))
    return f"<{prefix}font><{prefix}b/>{inner}</{prefix}font>"


def _add_cell_formats(text: str, numbers: Mapping[Style, int], bold: int) -> Styled:
    slots = [_look_of(element) for element in _children(text, "cellXfs", "xf")]
    indexes: dict[Style, int] = {}
    added: list[_Look] = []
    for style in Style:
        wanted = _Look(_attributes(style, numbers, bold), _ALIGNMENTS.get(style, {}))
        if wanted in slots:
            indexes[style] = slots.index(wanted)
        else:
            indexes[style] = len(slots) + len(added)
            added.append(wanted)
    prefix = xmltext.root_prefix(text)
    elements = "".join(look.written(prefix) for look in added)
    return Styled(_append(text, "cellXfs", elements, len(slots) + len(added)) if added else text, indexes)


def _look_of(element: Element) -> _Look | None:
    """None for a format that holds more than we ever write."""
    inside = list(element)
    if not inside:
        return _Look(dict(element.attrib), {})
    is_ours = len(inside) == 1 and inside[0].tag.rpartition("}")[2] == "alignment"
    return _Look(dict(element.attrib), dict(inside[0].attrib)) if is_ours else None


def _attributes(style: Style, numbers: Mapping[Style, int], bold: int) -> dict[str, str]:
    attributes = {
        "numFmtId": str(numbers.get(style, 0)),
        "fontId": str(bold if style in _ALIGNMENTS else 0),
        "fillId": "0",
        "borderId": "0",
        "xfId": "0",
    }
    if style in _ALIGNMENTS:
        return {**attributes, "applyFont": "1", "applyAlignment": "1"}
    if style is Style.QUOTED:
        return {**attributes, "quotePrefix": "1"}
    return {**attributes, "applyNumberFormat": "1"}


def _written(attributes: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in attributes.items())


def _children(text: str, parent: str, name: str) -> list[Element]:
    root = xmltext.parsed(text)
    namespace = root.tag.partition("}")[0] + "}"
    return root.findall(f"{namespace}{parent}/{namespace}{name}")


def _append(text: str, parent: str, added: str, number: int) -> str:
    """Put *added* at the end of *parent*, which then counts *number*; numFmts alone may be absent."""
    if xmltext.find(text, parent) is None:
        prefix = xmltext.root_prefix(text)
        element = f'<{prefix}{parent} count="{number}">{added}</{prefix}{parent}>'
        return xmltext.insert_after(text, xmltext.root_tag(text).end, element)
    text = xmltext.append_inside(text, parent, added)
    return xmltext.with_attribute(text, parent, "count", str(number))
