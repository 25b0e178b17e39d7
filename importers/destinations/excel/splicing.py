"""
One sheet into a workbook, everything else as it was:

1. find the sheet by its name, or a free place for a new one;
2. see what frames its rows, and keep that;
3. carry every other part over as its compressed bytes lie;
4. write the sheet: opening, the rows that wait in a file, ending;
5. write the parts that list parts: styles, workbook, content types.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from typing import BinaryIO

from importers.destinations.excel import catalogue, layout, styles, tables, xmltext
from importers.destinations.excel.archive import RAW_DEFLATE, ArchiveWriter, Packed, member, unpacked_member
from importers.destinations.excel.checksum import combined
from importers.destinations.excel.layout import NO_FRAME, Frame, TableShape
from importers.destinations.excel.package import (
    MAIN,
    SHEET_TYPE,
    STYLES_TYPE,
    TYPES_PART,
    Package,
    Relationship,
    Sheet,
    relationships_part,
)
from importers.destinations.excel.rows import Rows
from importers.destinations.excel.sheetindex import Landmark, SheetIndex, index_of
from importers.destinations.excel.styles import Style
from importers.interfaces import Stop, never_stop

_LONGEST_FRAME = 64 << 20
_LONGEST_TAG = 256
_ROWS_BEGIN = re.compile(rb"<(?:[\w.-]+:)?sheetData\b[^>]*>")
_ROWS_END = re.compile(rb"</(?:[\w.-]+:)?sheetData\s*>|<(?:[\w.-]+:)?sheetData\b[^>]*/>")


@dataclass(slots=True)
class _Changes:
    """What becomes of the other parts: new texts by name, names that go."""

    texts: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)


def splice(
    package: Package,
    sheet_name: str,
    rows: Rows,
    out: BinaryIO,
    *,
    is_marked: bool = False,
    stop: Stop = never_stop,
) -> list[str]:
    """
    Write the workbook with the new sheet to *out*; returns what the owner should know.
    Whoever opens it later finds out by the mark that the sheet is ours.

    The rows must wear the styles that `styles.with_ours` finds in this workbook.
    """
    styled = styles.with_ours(package.styles)
    old = package.sheet(sheet_name)
    part = old.part if old else _free_part(package)
    frame = _frame(package, old, stop) if old else NO_FRAME
    changes = _Changes()
    notes, frame, has_table = _fit_tables(package, part, frame, rows.shape, changes)
    _list_sheet(package, old, sheet_name, part, rows.shape, changes, has_table=has_table)
    if layout.needs_page(frame):
        _repeat_header(package, old, sheet_name, changes)
    if is_marked:
        _mark_sheet(package, old, sheet_name, changes)
    _list_styles(package, styled, changes)
    _drop_calculation_chain(package, changes)
    _refresh_pivot_tables(package, sheet_name, changes)
    writer = ArchiveWriter(out, stop=stop)
    _write_others(package, part, changes, writer)
    text = layout.opening(rows.shape, styled.indexes, frame=frame, selected=not package.sheets)
    after = layout.ending(rows.shape, frame=frame, has_table=has_table)
    _write_sheet(part, text.encode(), rows, after.encode(), writer)
    writer.close()
    return notes


def _free_part(package: Package) -> str:
    names = (f"xl/worksheets/sheet{number}.xml" for number in count(1))
    return next(name for name in names if package.info(name) is None)


def _frame(package: Package, sheet: Sheet, stop: Stop) -> Frame:
    """What stands around the rows of a sheet, found without holding the rows; at once where we wrote them."""
    info = package.info(sheet.part)
    if info is None:
        return NO_FRAME
    index = index_of(info)
    near_the_end = index.landmarks[-1].offset if index and index.landmarks else 0
    before = _before_rows(unpacked_member(package.archive, info))
    after = _after_rows(_heard(unpacked_member(package.archive, info, near_the_end), stop))
    return Frame(xmltext.decoded(before), xmltext.decoded(after))


def _heard(content: Iterator[bytes], stop: Stop) -> Iterator[bytes]:
    for piece in content:
        stop()
        yield piece


def _before_rows(content: Iterator[bytes]) -> bytes:
    held = b""
    while not (found := _ROWS_BEGIN.search(held)):
        held += _next_piece(content, held)
    return held[: found.start()]


def _after_rows(content: Iterator[bytes]) -> bytes:
    held = b""
    while not (found := _ROWS_END.search(held)):
        held = held[-_LONGEST_TAG:] + _next_piece(content)
    pieces = [held[found.end() :]]
    while piece := next(content, b""):
        pieces.append(piece)
    return b"".join(pieces)


def _next_piece(content: Iterator[bytes], held: bytes = b"") -> bytes:
    piece = next(content, b"")
    if not piece or len(held) > _LONGEST_FRAME:
        raise xmltext.UnreadableError("has a sheet without rows")
    return piece


def _fit_tables(
    package: Package, part: str, frame: Frame, shape: TableShape, changes: _Changes
) -> tuple[list[str], Frame, bool]:
    arrows = [arrow for arrow in package.relationships(part) if arrow.purpose == "table"]
    if not arrows:
        return [], frame, False
    kept = [arrow for arrow in arrows if _fit_table(package, arrow, shape, changes)]
    gone = [arrow for arrow in arrows if arrow not in kept]
    if gone:
        frame = Frame(frame.before, _without_tables(frame, {arrow.id for arrow in gone}, left=len(kept)))
        place = relationships_part(part)
        changes.texts[place] = catalogue.without_relationships(package.text(place), {arrow.id for arrow in gone})
        changes.dropped |= {arrow.part for arrow in gone}
    notes = [f"The table {_table_name(package, arrow)} no longer fits the sheet and was removed." for arrow in gone]
    return notes, frame, bool(kept)


def _fit_table(package: Package, arrow: Relationship, shape: TableShape, changes: _Changes) -> bool:
    text = package.text(arrow.part)
    fitted = tables.fitted(text, shape) if tables.holds_the_rows(text) else None
    if fitted is None:
        return False
    changes.texts[arrow.part] = fitted
    return True


def _table_name(package: Package, arrow: Relationship) -> str:
    return xmltext.parsed(package.text(arrow.part)).get("displayName", "")


def _without_tables(frame: Frame, identifiers: set[str], *, left: int) -> str:
    root = frame.before[: xmltext.root_tag(frame.before).end]
    text = root + frame.after
    if not left:
        return xmltext.without(text, "tableParts")[len(root) :]
    for element in xmltext.inner_elements(text, "tableParts", "tablePart"):
        if set(xmltext.attributes(element).values()) & identifiers:
            text = text.replace(element, "", 1)
    return xmltext.with_attribute(text, "tableParts", "count", str(left))[len(root) :]


def _list_sheet(
    package: Package,
    old: Sheet | None,
    name: str,
    part: str,
    shape: TableShape,
    changes: _Changes,
    *,
    has_table: bool,
) -> None:
    workbook = package.workbook
    if old is None:
        place = relationships_part(package.workbook_part)
        relationships = package.text(place)
        identifier = catalogue.free_id(relationships)
        target = catalogue.relative(package.workbook_part, part)
        changes.texts[place] = catalogue.with_relationship(relationships, identifier, "worksheet", target)
        changes.texts[TYPES_PART] = catalogue.with_type(package.text(TYPES_PART), part, SHEET_TYPE)
        workbook = catalogue.with_sheet(workbook, name, identifier)
    position = old.position if old else len(package.sheets)
    area = None if has_table else shape.fixed_area
    workbook = catalogue.with_filter_area(workbook, position, old.name if old else name, area)
    if set(package.sheets) - {old}:
        workbook = catalogue.with_full_calculation(workbook)
    changes.texts[package.workbook_part] = workbook


def _repeat_header(package: Package, old: Sheet | None, name: str, changes: _Changes) -> None:
    position = old.position if old else len(package.sheets)
    workbook = changes.texts[package.workbook_part]
    changes.texts[package.workbook_part] = catalogue.with_header_on_every_page(
        workbook, position, old.name if old else name
    )


def _mark_sheet(package: Package, old: Sheet | None, name: str, changes: _Changes) -> None:
    position = old.position if old else len(package.sheets)
    workbook = changes.texts[package.workbook_part]
    changes.texts[package.workbook_part] = catalogue.with_mark(workbook, position, old.name if old else name)


def _list_styles(package: Package, styled: styles.Styled, changes: _Changes) -> None:
    if package.styles_part:
        if styled.text != package.styles:
            changes.texts[package.styles_part] = styled.text
        return
    part = "xl/styles.xml"
    place = relationships_part(package.workbook_part)
    relationships = changes.texts.get(place, package.text(place))
    target = catalogue.relative(package.workbook_part, part)
    identifier = catalogue.free_id(relationships)
    changes.texts[place] = catalogue.with_relationship(relationships, identifier, "styles", target)
    types = changes.texts.get(TYPES_PART, package.text(TYPES_PART))
    changes.texts[TYPES_PART] = catalogue.with_type(types, part, STYLES_TYPE)
    changes.texts[part] = styled.text


def _drop_calculation_chain(package: Package, changes: _Changes) -> None:
    """It lists the cells with formulas, ours perhaps among them. Excel makes it anew."""
    chains = [arrow for arrow in package.relationships(package.workbook_part) if arrow.purpose == "calcChain"]
    changes.dropped |= {arrow.part for arrow in chains}
    if chains:
        place = relationships_part(package.workbook_part)
        relationships = changes.texts.get(place, package.text(place))
        changes.texts[place] = catalogue.without_relationships(relationships, {arrow.id for arrow in chains})
    if changes.dropped:
        types = changes.texts.get(TYPES_PART, package.text(TYPES_PART))
        changes.texts[TYPES_PART] = catalogue.without_types(types, changes.dropped)


def _refresh_pivot_tables(package: Package, sheet_name: str, changes: _Changes) -> None:
    """Pivot tables keep a copy of the rows they count; those of this sheet are told to fetch it anew."""
    for arrow in package.relationships(package.workbook_part):
        if arrow.purpose != "pivotCacheDefinition":
            continue
        text = package.text(arrow.part)
        namespace = f"{{{MAIN}}}"
        source = xmltext.parsed(text).find(f"{namespace}cacheSource/{namespace}worksheetSource")
        if source is not None and source.get("sheet", "").casefold() == sheet_name.casefold():
            changes.texts[arrow.part] = xmltext.with_attribute(text, "pivotCacheDefinition", "refreshOnLoad", "1")


def _write_others(package: Package, part: str, changes: _Changes, writer: ArchiveWriter) -> None:
    """In the old order: programs that sniff at files want the content types first."""
    texts = {name.casefold(): text for name, text in changes.texts.items()}
    skipped = {name.casefold() for name in (*changes.dropped, part)}
    for name, info in package.members.items():
        if name in texts:
            writer.add(info.filename, texts.pop(name).encode())
        elif name not in skipped:
            writer.copy(package.archive, info)
    for name in changes.texts:
        if name.casefold() in texts:
            writer.add(name, changes.texts[name].encode())


def _write_sheet(part: str, opening: bytes, rows: Rows, ending: bytes, writer: ArchiveWriter) -> None:
    """Three compressed pieces make one stream: the first two end at byte boundaries, without the mark of the end."""
    first = _packed_piece(opening, zlib.Z_FULL_FLUSH)
    last = _packed_piece(ending, zlib.Z_FINISH)
    middle = rows.packed
    checksum = combined(zlib.crc32(opening), middle.checksum, middle.size)
    packed = Packed(
        combined(checksum, zlib.crc32(ending), len(ending)),
        len(opening) + middle.size + len(ending),
        len(first) + middle.packed_size + len(last),
    )
    index = SheetIndex(
        packed.checksum,
        rows.shape.rows,
        tuple(column.kind for column in rows.shape.columns),
        tuple(rows.indexes[style] for style in Style),
        tuple(Landmark(mark.row, mark.offset + len(first)) for mark in rows.landmarks),
    )
    writer.add_packed(member(part, index.as_extra()), packed, chain([first], rows.pieces(), [last]))


def _packed_piece(content: bytes, flush: int) -> bytes:
    packer = zlib.compressobj(wbits=RAW_DEFLATE)
    return packer.compress(content) + packer.flush(flush)
