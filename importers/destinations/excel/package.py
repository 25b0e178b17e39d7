"""A workbook file, opened: its parts, its sheets, and whether we can work on it at all."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from importers.destinations.excel import xmltext
from importers.destinations.excel.archive import ArchiveWriter
from importers.errors import InvalidSettings

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"

TYPES_PART = "[Content_Types].xml"
SHEET_TYPE = f"{_SPREADSHEET}.worksheet+xml"
STYLES_TYPE = f"{_SPREADSHEET}.styles+xml"

_OLE_START = bytes.fromhex("D0CF11E0A1B11AE1")
_LARGEST_PART = 256 << 20
_ENCRYPTED_MEMBER = 0x1

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
EMPTY_STYLES = (
    f'{_DECLARATION}<styleSheet xmlns="{MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_EMPTY = {
    TYPES_PART: f'{_DECLARATION}<Types xmlns="{_CONTENT_TYPES}">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{STYLES_TYPE}"/></Types>',
    "_rels/.rels": f'{_DECLARATION}<Relationships xmlns="{_PACKAGE_RELATIONSHIPS}">'
    f'<Relationship Id="rId1" Type="{RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}">'
    '<workbookPr defaultThemeVersion="124226"/><bookViews><workbookView activeTab="0"/></bookViews>'
    '<sheets></sheets><calcPr calcId="191029"/></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_DECLARATION}<Relationships xmlns="{_PACKAGE_RELATIONSHIPS}">'
    f'<Relationship Id="rId1" Type="{RELATIONSHIPS}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": EMPTY_STYLES,
}


@dataclass(frozen=True, slots=True)
class Relationship:
    """One arrow from a part to another: what for (the last word of its type) and where to."""

    id: str
    purpose: str
    part: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as the workbook lists it. `position` counts from 0."""

    name: str
    part: str
    purpose: str
    position: int


class Package:
    """The parts of a workbook. Only the small ones are ever read whole."""

    def __init__(self, archive: ZipFile) -> None:
        self.archive = archive

    @cached_property
    def members(self) -> dict[str, ZipInfo]:
        return {info.filename.casefold(): info for info in self.archive.infolist()}

    def info(self, part: str) -> ZipInfo | None:
        """Parts are found whatever their case, as the standard wants it."""
        return self.members.get(part.casefold())

    def text(self, part: str) -> str:
        info = self.info(part)
        if info is None:
            raise xmltext.UnreadableError(f"has no {part}")
        if info.file_size > _LARGEST_PART:
            raise xmltext.UnreadableError(f"{part} is too large")
        return xmltext.decoded(self.archive.read(info))

    @cached_property
    def workbook_part(self) -> str:
        return next(item.part for item in self.relationships("") if item.purpose == "officeDocument")

    @cached_property
    def workbook(self) -> str:
        return self.text(self.workbook_part)

    @cached_property
    def styles_part(self) -> str | None:
        return next((item.part for item in self.relationships(self.workbook_part) if item.purpose == "styles"), None)

    @cached_property
    def styles(self) -> str:
        return self.text(self.styles_part) if self.styles_part else EMPTY_STYLES

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        targets = {item.id: item for item in self.relationships(self.workbook_part)}
        elements = xmltext.parsed(self.workbook).findall(f"{{{MAIN}}}sheets/{{{MAIN}}}sheet")
        arrows = [targets[element.get(f"{{{RELATIONSHIPS}}}id", "")] for element in elements]
        return tuple(
            Sheet(element.get("name", ""), arrow.part, arrow.purpose, position)
            for position, (element, arrow) in enumerate(zip(elements, arrows, strict=True))
        )

    def sheet(self, name: str) -> Sheet | None:
        """Names of sheets differ by more than upper and lower case."""
        return next((sheet for sheet in self.sheets if sheet.name.casefold() == name.casefold()), None)

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """The arrows from *part*; from the whole package where that is empty."""
        place = relationships_part(part)
        if self.info(place) is None:
            return ()
        return tuple(
            Relationship(
                element.get("Id", ""),
                element.get("Type", "").rpartition("/")[2],
                _absolute(part, element.get("Target", "")),
                element.get("TargetMode") == "External",
            )
            for element in xmltext.parsed(self.text(place))
        )

    def check(self) -> None:
        """Raises KeyError, StopIteration or UnreadableError where this is not a workbook we understand."""
        if any(info.flag_bits & _ENCRYPTED_MEMBER for info in self.members.values()):
            raise xmltext.UnreadableError("has encrypted members")
        if xmltext.parsed(self.workbook).tag != f"{{{MAIN}}}workbook":
            raise xmltext.UnreadableError("is not a workbook in the usual (transitional) form")
        if any(self.info(sheet.part) is None for sheet in self.sheets):
            raise xmltext.UnreadableError("lacks a sheet")
        self.text(TYPES_PART)
        xmltext.parsed(self.styles)


def relationships_part(part: str) -> str:
    """Where the arrows from *part* are kept."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """
    The workbook at *path*, or an empty one where there is none yet.

    Raises InvalidSettings where it is something we cannot work on; what goes
    wrong with the disk is left to the caller.
    """
    with _source(path) as file, _archive(file, path.name) as archive:
        package = Package(archive)
        try:
            package.check()
        except (xmltext.UnreadableError, KeyError, StopIteration, ValueError, BadZipFile) as error:
            raise _not_usable(path.name, package) from error
        yield package


def _source(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return _empty_workbook()


def _empty_workbook() -> IO[bytes]:
    file = io.BytesIO()
    writer = ArchiveWriter(file)
    for name, text in _EMPTY.items():
        writer.add(name, text.encode())
    writer.close()
    file.seek(0)
    return file


def _archive(file: IO[bytes], name: str) -> ZipFile:
    start = file.read(len(_OLE_START))
    if start == _OLE_START:
        raise InvalidSettings(
            f"{name} is protected with a password, or an old .xls workbook under a new name. Pipesheet cannot open it.",
            hint="Remove the password, or save it as an Excel workbook (.xlsx), or choose another workbook.",
        )
    try:
        return ZipFile(file)
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise InvalidSettings(
            f"{name} is not an Excel workbook (.xlsx), or it is damaged. It was not touched.",
            hint="Move it away, or choose another name for the workbook.",
        ) from error


def _not_usable(name: str, package: Package) -> InvalidSettings:
    try:
        strict = "purl.oclc.org/ooxml" in xmltext.parsed(package.workbook).tag
    except (xmltext.UnreadableError, KeyError, StopIteration, ValueError, BadZipFile):
        strict = False
    if strict:
        return InvalidSettings(
            f"{name} is saved as a Strict Open XML workbook, which Pipesheet cannot add a sheet to.",
            hint="Save it once as an ordinary Excel workbook (.xlsx), or choose another workbook.",
        )
    return InvalidSettings(
        f"{name} is not an Excel workbook (.xlsx) that Pipesheet understands. It was not touched.",
        hint="Open it in Excel or LibreOffice and save it anew as .xlsx, or choose another workbook.",
    )


def _absolute(part: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))
