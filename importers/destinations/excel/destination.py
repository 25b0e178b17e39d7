"""ExcelDestination: tables into worksheets of workbook files."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from importers.destinations.excel import catalogue, names, package, styles, xmltext
from importers.destinations.excel.rows import restyled
from importers.destinations.excel.sheet import SheetRows
from importers.destinations.excel.splicing import splice
from importers.destinations.excel.staging import disk_trouble_explained, only_writer
from importers.errors import AccessDenied, InvalidSettings, NoRoom, NotThere
from importers.interfaces import NO_DELIVERY, Stop, Tell, never_stop, say_nothing
from importers.model import Column, Delivery, Forecast, Row, Target, Written
from importers.staged import StagedFile, remove_leftovers

ENDING = ".xlsx"
_PATIENCE = timedelta(seconds=30)


class ExcelDestination:
    """
    The workbooks Pipesheet keeps in one folder; `for_file` is for a file anywhere.

    One worksheet per target is ours and replaced as a whole; all else in a
    workbook stays as it was. A second one is replaced only where it bears our mark. *max_rows* counts the header; *patience* is how
    long a commit waits for another run that writes the same workbook.
    """

    def __init__(self, folder: Path, *, max_rows: int = names.MAX_ROWS, patience: timedelta = _PATIENCE) -> None:
        self._locate: Callable[[Target], Path] = lambda target: _kept_workbook(folder, target.place)
        self._max_rows = max_rows
        self._patience = patience

    @classmethod
    def for_file(cls, path: Path, *, max_rows: int = names.MAX_ROWS, patience: timedelta = _PATIENCE) -> Self:
        """Writes one file the user named, whatever the target's place says. Its folder must exist."""
        destination = cls(path.parent, max_rows=max_rows, patience=patience)
        destination._locate = lambda target: _named_file(path)
        return destination

    def path_of(self, target: Target) -> Path:
        """Where the workbook is, or will be. Raises InvalidSettings for a name that cannot be one."""
        return self._locate(target)

    @staticmethod
    def beside(target: Target) -> Target:
        return replace(target, sheet=names.sheet_of_removed(target.sheet), is_second=True)

    def prepare(self, target: Target, *, time_zone: str = "") -> Target:
        return target

    @staticmethod
    def reserved(
        target: Target,
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> AbstractContextManager[None]:
        return nullcontext()  # who writes there does so for moments, at the end

    def zone_of(self, target: Target) -> str | None:
        return None

    def forecast(self, target: Target, columns: Sequence[Column]) -> Forecast:
        return Forecast()

    def address(self, target: Target) -> str:
        return ""

    def check(self, target: Target, *, tell: Tell = say_nothing, stop: Stop = never_stop) -> None:
        _refuse_bad_sheet_name(target.sheet)
        path = self._locate(target)
        with disk_trouble_explained(path):
            _refuse_unwritable(path)
            _refuse_full_disk(path)
            with package.opened(path) as workbook:
                _refuse_other_sheet_types(workbook, target.sheet)
                _refuse_sheets_of_others(workbook, target, path)

    def begin(
        self,
        target: Target,
        columns: Sequence[Column],
        *,
        delivery: Delivery = NO_DELIVERY,
        tell: Tell = say_nothing,
        stop: Stop = never_stop,
    ) -> ExcelWriting:
        _refuse_bad_sheet_name(target.sheet)
        _refuse_impossible_columns(columns)
        path = self._locate(target)
        with disk_trouble_explained(path):
            remove_leftovers(path.parent)
            return ExcelWriting(path, target, columns, max_rows=self._max_rows, patience=self._patience, stop=stop)


class ExcelWriting:
    """A table on its way into a workbook. Rows wait in a file beside it until `commit`."""

    def __init__(
        self,
        path: Path,
        target: Target,
        columns: Sequence[Column],
        *,
        max_rows: int,
        patience: timedelta,
        stop: Stop,
    ) -> None:
        self._path = path
        self._target = target
        self._room = max_rows - 1
        self._patience = patience
        self._stop = stop
        with package.opened(path) as workbook:
            indexes = styles.with_ours(workbook.styles).indexes
        self._staged = StagedFile(path.parent)
        self._rows = SheetRows(tuple(columns), indexes, self._staged.file)

    def expect(self, total_rows: int) -> None:
        if total_rows > self._room:
            raise self._too_many(f"{total_rows:,} rows")

    def add(self, rows: Sequence[Row]) -> None:
        if self._rows.rows + len(rows) > self._room:
            raise self._too_many(f"More than {self._room:,} rows")
        with disk_trouble_explained(self._path):
            self._rows.add(rows)

    def commit(self, *, still_ours: Stop = never_stop) -> Written:
        """
        1. let the rows arrive in their file;
        2. wait until no other run is writing this workbook;
        3. write a copy of the workbook as it is now, with the new sheet;
        4. put it in the old one's place, if we still may.
        """
        with disk_trouble_explained(self._path), ExitStack() as undo:
            rows = self._rows.finish()
            self._staged.file.flush()
            undo.enter_context(only_writer(self._path, patience=self._patience, stop=self._stop))
            workbook = undo.enter_context(package.opened(self._path))
            new = undo.enter_context(StagedFile(self._path.parent))
            try:
                indexes = styles.with_ours(workbook.styles).indexes
                if indexes != rows.indexes:
                    copy = undo.enter_context(StagedFile(self._path.parent)).file
                    rows = restyled(rows, indexes, copy, stop=self._stop)
                _refuse_sheets_of_others(workbook, self._target, self._path)
                notes = splice(
                    workbook, self._target.sheet, rows, new.file, is_marked=self._target.is_second, stop=self._stop
                )
            except xmltext.UnreadableError as error:
                raise _unreadable(self._path) from error
            new.move_onto(self._path, last_look=still_ours)
        return Written(rows.shape.rows, len(rows.shape.columns), str(self._path), (*self._rows.notes(), *notes))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.abandon()
        self._staged.discard()

    def _too_many(self, what: str) -> NoRoom:
        return NoRoom(
            f"{what} do not fit into one worksheet: Excel takes {self._room + 1:,}, the header included. "
            f"Nothing was changed.",
            hint="Import fewer, with a filter or a status, or split them over several importers.",
        )


def _kept_workbook(folder: Path, name: str) -> Path:
    name = unicodedata.normalize("NFC", name)
    problem = names.workbook_name_problem(name)
    if problem:
        raise InvalidSettings(
            problem, hint="Use letters, digits, spaces, hyphens and the like, as in “Sales 2026”.", field="place"
        )
    with disk_trouble_explained(folder / name):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{ENDING}"
    if path.resolve().parent != folder.resolve():
        raise AccessDenied(
            f"The workbook {name} is a link to a place outside Pipesheet's folder. It was not touched.",
            hint="Choose another name, or have the link removed.",
            field="place",
        )
    return path.resolve()


def _named_file(path: Path) -> Path:
    if path.suffix.lower() != ENDING:
        raise InvalidSettings(
            f"{path} does not end in {ENDING}, so Excel would not open it.",
            hint=f"Name a file that ends in {ENDING}.",
        )
    with disk_trouble_explained(path):
        is_folder = _is_folder(path)
        path = path.resolve()
        has_folder = _is_folder(path.parent)
    if is_folder:
        raise InvalidSettings(f"{path} is a folder.", hint=f"Name a file in it, ending in {ENDING}.")
    if not has_folder:
        raise NotThere(f"The folder {path.parent} is not there.", hint="Create it first, or choose another place.")
    return path


def _is_folder(path: Path) -> bool:
    """As `is_dir`, which differs between Pythons for names that cannot be."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _refuse_bad_sheet_name(name: str) -> None:
    problem = names.sheet_name_problem(name)
    if problem:
        raise InvalidSettings(problem, hint="Choose another name for the sheet.", field="sheet")


def _refuse_impossible_columns(columns: Sequence[Column]) -> None:
    if not columns:
        raise InvalidSettings("There is no column to write.", hint="Choose at least one column.")
    if len(columns) > names.MAX_COLUMNS:
        raise NoRoom(
            f"{len(columns):,} columns do not fit into one worksheet: Excel takes {names.MAX_COLUMNS:,}. "
            "Nothing was changed.",
            hint="Choose fewer columns.",
        )


def _refuse_unwritable(path: Path) -> None:
    blocked = path if path.exists() and not os.access(path, os.W_OK) else path.parent
    if not os.access(blocked, os.W_OK):
        raise AccessDenied(
            f"Pipesheet may not write {blocked}.",
            hint="Give the user that runs Pipesheet the right to write there, or choose another place.",
        )


def _refuse_full_disk(path: Path) -> None:
    StagedFile(path.parent).discard()
    disk = os.statvfs(path.parent)
    if disk.f_blocks and not disk.f_bavail:
        raise NoRoom(
            f"The disk that holds {path.name} is full. Nothing was changed.",
            hint="Make room on the disk and run the import again.",
        )


def _refuse_other_sheet_types(workbook: package.Package, name: str) -> None:
    sheet = workbook.sheet(name)
    if sheet and sheet.purpose != "worksheet":
        raise InvalidSettings(
            f"{name} is not a sheet of cells in this workbook, but a chart or a dialog. It was not touched.",
            hint="Choose another name for the sheet.",
            field="sheet",
        )


def _refuse_sheets_of_others(workbook: package.Package, target: Target, path: Path) -> None:
    """The main sheet was named by its owner and is replaced, whoever made it; the second one got its name from us."""
    sheet = workbook.sheet(target.sheet)
    if target.is_second and sheet and not catalogue.is_marked(workbook.workbook, sheet.position):
        raise InvalidSettings(
            f"{path.name} has a sheet {sheet.name} already, which is not Pipesheet's. The rows of removed records "
            "would go there, so it was not touched.",
            hint="Give that sheet another name in the workbook, or choose another name for the importer's sheet.",
            field="sheet",
        )


def _unreadable(path: Path) -> InvalidSettings:
    return InvalidSettings(
        f"{path.name} is built in a way Pipesheet does not understand. It was not touched.",
        hint="Open it in Excel or LibreOffice and save it anew as .xlsx, or choose another workbook.",
    )
