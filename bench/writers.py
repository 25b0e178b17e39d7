"""
How quickly and in how little memory a table becomes a workbook.

    python -m bench.writers                  100,000 and 300,000 rows of 30 columns
    python -m bench.writers --rows 10000

Our writer against XlsxWriter (constant_memory), openpyxl (write_only) and
rustpy-xlsxwriter, each in a process of its own and given the same rows from a
generator. Prints seconds, peak memory, file size, and ratios to ours; making
the rows alone is the first line, and part of every other one.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from importers.model import Column, ColumnKind, Target

WORDS = [
    "Süd",
    "&",
    "West",
    "Holding",
    "<Nord>",
    "contract",
    "renewal",
    "pilot",
    "Rotterdam",
    "straße",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "omega",
    "license",
]
OWNERS = ("Alice Jansen", "Bob de Vries", "Charlie Müller", None)
STATUSES = ("open", "won", "lost")
K = ColumnKind
KINDS = (
    K.WHOLE,
    *[K.TEXT] * 12,
    *[K.WHOLE] * 5,
    *[K.MONEY] * 3,
    *[K.NUMBER] * 2,
    *[K.DATE] * 2,
    *[K.MOMENT] * 3,
    K.BOOLEAN,
    K.TEXT,
)
COLUMNS = tuple(Column(f"c{place}", f"Column {place}", kind) for place, kind in enumerate(KINDS))
PAGE = 500


def rows(count: int) -> Iterator[list]:
    """Rows like those of a CRM: names that differ, words that repeat, gaps. Cheap to make: they are not what is measured."""
    chance = random.Random(7)
    phrases = [" ".join(chance.choices(WORDS, k=4)) for _ in range(997)]
    wholes = [None if chance.random() < 0.1 else chance.randrange(10**6) for _ in range(1009)]
    money = [round(chance.random() * 10**5, 2) for _ in range(1013)]
    days = [date(2024, 1, 1) + timedelta(chance.randrange(1000)) for _ in range(1019)]
    moments = [datetime(2024, 1, 1) + timedelta(seconds=chance.randrange(10**8)) for _ in range(1021)]
    for n in range(count):
        m = n * 7
        yield [
            n,
            *(f"{phrases[(m + k) % 997]} {m * k}" for k in range(1, 6)),
            *(words[m % len(words)] for words in (OWNERS, STATUSES, WORDS, OWNERS, WORDS, STATUSES, WORDS)),
            *(wholes[(m + k) % 1009] for k in range(5)),
            *(money[(m + k) % 1013] + n for k in range(3)),
            money[n % 1013] / 3,
            m % 100,
            days[n % 1019],
            days[m % 1019] if n % 3 else None,
            *(moments[(m + k) % 1021] for k in range(3)),
            n % 2 == 0,
            None,
        ]


def pages(count: int) -> Iterator[list[list]]:
    page = []
    for row in rows(count):
        page.append(row)
        if len(page) == PAGE:
            yield page
            page = []
    yield page


def rows_alone(path: Path, count: int) -> None:
    for _ in pages(count):
        pass


def pipesheet(path: Path, count: int) -> None:
    from importers.destinations.excel.destination import ExcelDestination

    with ExcelDestination.for_file(path).begin(Target("excel", str(path), "Deals"), COLUMNS) as writing:
        for page in pages(count):
            writing.add(page)
        writing.commit()


def xlsxwriter(path: Path, count: int) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        formats = {
            K.DATE: book.add_format({"num_format": "yyyy-mm-dd"}),
            K.MOMENT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            K.MONEY: book.add_format({"num_format": "#,##0.00"}),
        }
        sheet = book.add_worksheet("Deals")
        by_kind = {K.TEXT: sheet.write_string, K.DATE: sheet.write_datetime, K.MOMENT: sheet.write_datetime}
        writers = [
            (place, by_kind.get(kind, sheet.write_number), formats.get(kind)) for place, kind in enumerate(KINDS)
        ]
        sheet.write_row(0, 0, [column.header for column in COLUMNS])
        for number, row in enumerate(rows(count), 1):
            for (place, write, worn), value in zip(writers, row, strict=True):
                if value is not None:
                    write(number, place, value, worn)


def openpyxl(path: Path, count: int) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Deals")
    sheet.append([column.header for column in COLUMNS])
    for row in rows(count):
        sheet.append(row)
    book.save(path)


def rustpy(path: Path, count: int) -> None:
    from rustpy_xlsxwriter import write_worksheet

    headers = [column.header for column in COLUMNS]
    write_worksheet((dict(zip(headers, row, strict=True)) for row in rows(count)), str(path), sheet_name="Deals")


CONTENDERS: dict[str, Callable[[Path, int], None]] = {
    "rows alone": rows_alone,
    "Pipesheet": pipesheet,
    "rustpy-xlsxwriter": rustpy,
    "XlsxWriter constant_memory": xlsxwriter,
    "openpyxl write_only": openpyxl,
}


def measured(name: str, count: int) -> dict:
    """Run one contender in a process of its own."""
    command = [sys.executable, "-m", "bench.writers", "--only", name, "--rows", str(count)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_here(name: str, count: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        started, burned = time.perf_counter(), time.process_time()
        CONTENDERS[name](path, count)
        seconds, burned = time.perf_counter() - started, time.process_time() - burned
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = path.stat().st_size / 1e6 if path.exists() else 0.0
    return {"seconds": seconds, "cpu": burned, "peak_mb": peak, "file_mb": size}


def compare(count: int, names: list[str]) -> None:
    print(f"\n{count:,} rows x {len(COLUMNS)} columns")
    print(f"{'':28}{'seconds':>9}{'cpu s':>8}{'us/cell':>9}{'peak MB':>9}{'file MB':>9}{'time x':>8}{'memory x':>10}")
    ours = measured("Pipesheet", count)
    for name in names:
        found = ours if name == "Pipesheet" else measured(name, count)
        print(
            f"{name:28}{found['seconds']:9.2f}{found['cpu']:8.2f}"
            f"{found['seconds'] / count / len(COLUMNS) * 1e6:9.2f}{found['peak_mb']:9.1f}{found['file_mb']:9.1f}"
            f"{found['seconds'] / ours['seconds']:8.2f}{found['peak_mb'] / ours['peak_mb']:10.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, action="append", help="how many rows (may be given again)")
    parser.add_argument("--only", choices=CONTENDERS, help="measure this one here and print JSON")
    arguments = parser.parse_args()
    counts = arguments.rows or [100_000, 300_000]
    if arguments.only:
        print(json.dumps(measure_here(arguments.only, counts[0])))
        return
    for count in counts:
        compare(count, list(CONTENDERS))


if __name__ == "__main__":
    main()
