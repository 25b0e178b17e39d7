"""
Tables in Excel's sense ("Format as table"), which people make of an imported sheet.

A table lists its columns by their headers and must agree with the cells, or
Excel calls the file damaged. The one that holds the imported rows follows them;
any other one would lie on cells that are ours, and goes.
"""

from __future__ import annotations

from importers.destinations.excel import xmltext
from importers.destinations.excel.layout import TableShape
from importers.destinations.excel.text import escaped


def holds_the_rows(table: str) -> bool:
    return xmltext.attributes(table).get("ref", "").startswith("A1:")


def fitted(table: str, shape: TableShape) -> str | None:
    """The table around the new headers and rows; None where Excel would not have it."""
    headers = [column.header for column in shape.columns]
    if len({header.casefold() for header in headers}) < len(headers) or not all(headers):
        return None
    area = f"A1:{shape.last_column}{max(shape.rows, 1) + 1}"
    table = xmltext.without(xmltext.without(table, "autoFilter"), "sortState")
    table = xmltext.with_attribute(table, "table", "ref", area)
    for attribute in ("totalsRowCount", "totalsRowShown"):
        table = xmltext.with_attribute(table, "table", attribute, "0")
    columns = _columns(table, headers)
    position = xmltext.root_tag(table).end
    table = xmltext.insert_after(xmltext.without(table, "tableColumns"), position, columns)
    prefix = xmltext.root_prefix(table)
    return xmltext.insert_after(table, position, f'<{prefix}autoFilter ref="{area}"/>')


def _columns(table: str, headers: list[str]) -> str:
    """Columns that stay keep their numbers; a computed column became one of values."""
    there = [xmltext.attributes(column) for column in xmltext.inner_elements(table, "tableColumns", "tableColumn")]
    numbers = {column["name"]: int(column["id"]) for column in there}
    free = max(numbers.values(), default=0) + 1
    prefix = xmltext.root_prefix(table)
    elements = []
    for header in map(_name, headers):
        number = numbers.get(header, free)
        free += number == free
        elements.append(f'<{prefix}tableColumn id="{number}" name="{header}"/>')
    return f'<{prefix}tableColumns count="{len(headers)}">{"".join(elements)}</{prefix}tableColumns>'


def _name(header: str) -> str:
    text = escaped(header).replace('"', "&quot;")
    return text.replace("\n", "_x000a_").replace("\t", "_x0009_")
