"""Workbooks as other programs read them, in our cells."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook

from importers.model import Cell

_BOOLEANS = {"=TRUE()": True, "=FALSE()": False}

Table = tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]


def workbook(path: Path, *, data_only: bool = False) -> Workbook:
    """openpyxl warns of what it would lose if it saved; it only reads here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* will be (removed|lost)", category=UserWarning)
        return load_workbook(path, data_only=data_only)


def openpyxl_rows(path: Path, sheet: str) -> Table:
    """Fails for a cell that is a formula; but LibreOffice saves booleans as the formulas TRUE() and FALSE()."""
    worksheet = next(one for one in workbook(path) if one.title.casefold() == sheet.casefold())
    cells = list(worksheet.iter_rows())
    assert formulas(cells) <= _BOOLEANS.keys()
    rows = [tuple(_from_openpyxl(cell) for cell in row) for row in cells]
    return tuple("" if header is None else header for header in rows[0]), tuple(rows[1:])


def formulas(rows: Iterable[Iterable[Any]]) -> set[str]:
    return {cell.value for row in rows for cell in row if cell.data_type == "f"}


def calamine_rows(path: Path, sheet: str) -> Table:
    """Calamine has one sort of number, so every whole one of them counts as int."""
    with CalamineWorkbook.from_path(str(path)) as workbook:
        name = next(one for one in workbook.sheet_names if one.casefold() == sheet.casefold())
        lines = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return tuple(map(str, lines[0])), tuple(tuple(map(_from_calamine, line)) for line in lines[1:])


def libreoffice(arguments: list[str], folder: Path) -> None:
    """Run LibreOffice on a profile of its own; fails, never skips, where it is not installed."""
    program = shutil.which("soffice")
    if program is None:
        pytest.fail("LibreOffice is not installed: apt-get install libreoffice-calc-nogui")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--norestore", *arguments, "--outdir", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=100, cwd=folder)


def _from_openpyxl(cell: object) -> Cell:
    value = cell.value  # type: ignore[attr-defined]
    if cell.data_type == "f":  # type: ignore[attr-defined]
        return _BOOLEANS[value]
    if isinstance(value, str):
        return unescape(value)
    return _by_format(value, cell.number_format)  # type: ignore[attr-defined]


def _by_format(value: Cell, number_format: str) -> Cell:
    """openpyxl has no dates of their own, and takes a duration of zero for midnight."""
    if isinstance(value, datetime) and "hh" not in number_format:
        return value.date()
    if isinstance(value, time) and "[h]" in number_format:
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    return value


def _from_calamine(value: Cell) -> Cell:
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return int(value)
    return None if value == "" else value
