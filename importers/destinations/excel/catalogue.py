"""The parts that list other parts: the workbook, relationships, content types. Pure text in, text out."""

from __future__ import annotations

import posixpath
import re
from itertools import count

from importers.destinations.excel import xmltext
from importers.destinations.excel.package import MAIN, RELATIONSHIPS

_FILTER_NAME = "_xlnm._FilterDatabase"
_TITLES_NAME = "_xlnm.Print_Titles"
_MARK = "_Pipesheet_writes_this_sheet"
_BEFORE_NAMES = ("sheets", "functionGroups", "externalReferences")
_BEFORE_CALCULATION = (*_BEFORE_NAMES, "definedNames")


def with_sheet(workbook: str, name: str, relationship_id: str) -> str:
    """List one more sheet, last. Its number is one no sheet has had."""
    used = {int(number) for number in re.findall(r'\bsheetId="(\d+)"', workbook)}
    tag = f'<sheet xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}"' if xmltext.root_prefix(workbook) else "<sheet"
    if f'xmlns:r="{RELATIONSHIPS}"' not in workbook and "xmlns:r" not in tag:
        tag += f' xmlns:r="{RELATIONSHIPS}"'
    number = max(used, default=0) + 1
    element = f'{tag} name="{xmltext.escaped(name)}" sheetId="{number}" r:id="{relationship_id}"/>'
    return xmltext.append_inside(workbook, "sheets", element)


def with_filter_area(workbook: str, position: int, sheet_name: str, area: str | None) -> str:
    """
    Keep the hidden name by which Excel remembers the filtered area of a sheet.
    None as the area: the sheet has no filter of its own.
    """
    text = _without_filter_area(workbook, position)
    return text if area is None else _with_hidden_name(text, _FILTER_NAME, position, sheet_name, area)


def with_header_on_every_page(workbook: str, position: int, sheet_name: str) -> str:
    """Print the first row of a sheet at the top of each page, unless somebody chose rows or columns for that."""
    names = xmltext.inner_elements(workbook, "definedNames", "definedName")
    if any(_is_name_of(name, _TITLES_NAME, position) for name in names):
        return workbook
    return _with_name(workbook, _TITLES_NAME, position, sheet_name, "$1:$1")


def with_mark(workbook: str, position: int, sheet_name: str) -> str:
    """
    Say that a sheet is ours, by a hidden name of its own: other programs carry
    it over when they save, and it goes with the sheet.
    """
    if is_marked(workbook, position):
        return workbook
    return _with_hidden_name(workbook, _MARK, position, sheet_name, "$A$1")


def is_marked(workbook: str, position: int) -> bool:
    names = xmltext.inner_elements(workbook, "definedNames", "definedName")
    return any(_is_name_of(name, _MARK, position) for name in names)


def _with_hidden_name(text: str, name: str, position: int, sheet_name: str, area: str) -> str:
    return _with_name(text, name, position, sheet_name, area, more=' hidden="1"')


def _with_name(text: str, name: str, position: int, sheet_name: str, area: str, *, more: str = "") -> str:
    prefix = xmltext.root_prefix(text)
    quoted = xmltext.escaped("'" + sheet_name.replace("'", "''") + "'")
    tag = f'<{prefix}definedName name="{name}" localSheetId="{position}"{more}>'
    element = f"{tag}{quoted}!{area}</{prefix}definedName>"
    if xmltext.find(text, "definedNames"):
        return xmltext.append_inside(text, "definedNames", element)
    return _insert_after_last(text, _BEFORE_NAMES, f"<{prefix}definedNames>{element}</{prefix}definedNames>")


def with_full_calculation(workbook: str) -> str:
    """Formulas elsewhere may refer to what has changed, so Excel computes them all when it opens the file."""
    if xmltext.find(workbook, "calcPr") is None:
        element = f"<{xmltext.root_prefix(workbook)}calcPr/>"
        workbook = _insert_after_last(workbook, _BEFORE_CALCULATION, element)
    return xmltext.with_attribute(workbook, "calcPr", "fullCalcOnLoad", "1")


def free_id(relationships: str) -> str:
    used = set(re.findall(r"""\bId\s*=\s*["']([^"']*)["']""", relationships))
    return next(name for number in count(1) if (name := f"rId{number}") not in used)


def with_relationship(relationships: str, identifier: str, purpose: str, target: str) -> str:
    prefix = xmltext.root_prefix(relationships)
    element = f'<{prefix}Relationship Id="{identifier}" Type="{RELATIONSHIPS}/{purpose}" Target="{target}"/>'
    return xmltext.append_inside(relationships, "Relationships", element)


def without_relationships(relationships: str, identifiers: set[str]) -> str:
    return _without_elements(relationships, "Relationship", "Id", identifiers)


def with_type(types: str, part: str, content_type: str) -> str:
    if f'"/{part}"'.casefold() in types.casefold():
        return types
    prefix = xmltext.root_prefix(types)
    element = f'<{prefix}Override PartName="/{xmltext.escaped(part)}" ContentType="{content_type}"/>'
    return xmltext.append_inside(types, "Types", element)


def without_types(types: str, parts: set[str]) -> str:
    return _without_elements(types, "Override", "PartName", {f"/{part}" for part in parts})


def relative(part: str, target: str) -> str:
    """The way from the folder of *part* to *target*, as relationships want it."""
    return posixpath.relpath(target, posixpath.dirname(part) or ".")


def _without_filter_area(workbook: str, position: int) -> str:
    tag = xmltext.find(workbook, "definedNames")
    if tag is None:
        return workbook
    names = xmltext.inner_elements(workbook, "definedNames", "definedName")
    kept = [name for name in names if not _is_name_of(name, _FILTER_NAME, position)]
    if len(kept) == len(names):
        return workbook
    if not kept:
        return xmltext.without(workbook, "definedNames")
    end = xmltext.end_of(workbook, "definedNames", tag)
    closing = workbook.rindex("</", tag.end, end)
    return workbook[: tag.end] + "".join(kept) + workbook[closing:]


def _is_name_of(element: str, name: str, position: int) -> bool:
    attributes = xmltext.attributes(element)
    return attributes.get("name") == name and attributes.get("localSheetId") == str(position)


def _insert_after_last(text: str, names: tuple[str, ...], element: str) -> str:
    ends = [xmltext.end_of(text, name, tag) for name in names if (tag := xmltext.find(text, name))]
    return xmltext.insert_after(text, max(ends), element)


def _without_elements(text: str, name: str, attribute: str, values: set[str]) -> str:
    wanted = {value.casefold() for value in values}
    for element in xmltext.inner_elements(text, _container(text), name):
        if xmltext.attributes(element).get(attribute, "").casefold() in wanted:
            text = text.replace(element, "", 1)
    return text


def _container(text: str) -> str:
    tag = xmltext.root_tag(text)
    return re.split(r"[\s>/]", text[tag.start + 1 : tag.end], maxsplit=1)[0].rpartition(":")[2]
