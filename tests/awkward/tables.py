"""
Tables that break spreadsheets. Every destination must take each of them, and
give back what `shown` says: the same cells, or where the place cannot hold them
what stands for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from importers.model import Cell, Column, ColumnKind, Row

K = ColumnKind


@dataclass(frozen=True)
class AwkwardTable:
    """`shown` is what a reader must find where it differs from the rows."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    shown: tuple[Row, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def expected(self) -> tuple[tuple[Cell, ...], ...]:
        return tuple(tuple(row) for row in (self.rows if self.shown is None else self.shown))

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)


def columns(*kinds: ColumnKind) -> tuple[Column, ...]:
    return tuple(Column(f"c{place}", f"{kind} {place}", kind) for place, kind in enumerate(kinds))


def one_column(name: str, kind: ColumnKind, cells: list[Cell], **more: object) -> AwkwardTable:
    rows = tuple((cell,) for cell in cells)
    return AwkwardTable(name, columns(kind), rows, **more)  # type: ignore[arg-type]


FORMULA_LIKE = [
    "=1+1",
    '=HYPERLINK("http://x.example";"click")',
    "+31 20 123",
    "-5",
    "@SUM(A1)",
    "'quoted",
    "=",
    "-",
    "{=A1}",
]
NUMBER_LIKE = [
    "007",
    "0031201234567",
    "12345678901234567890",
    "1e5",
    "1.50",
    "1/2",
    "2026-01-02",
    "TRUE",
    ".5",
    "10%",
    "3-4",
]
LETTERS = [
    "Zoë",
    "Łódź",
    "東京都",
    "العربية",
    "👩‍👩‍👧‍👦 family",
    "🇳🇱",
    "e\u0301",
    "\u200bzero width",
    "\ufeffbom",
    "\U0010ffff",
    "\u2028line",
]
SPACES = [" leading", "trailing ", "  ", "two\nlines", "\nfirst", "tab\there", "\u00a0hard", "a\n\nb\n"]
MARKUP = ["<b>&amp;</b>", "]]>", "&#65;", "<![CDATA[x]]>", "\"quotes\" 'too'", "a & b < c > d", "%s {0} \\n"]
ESCAPES = ["_x0041_", "_x000D_", "a_x0041_b_x0042_", "_x005F_", "__x0041_", "_x00", "_X0041_"]
CONTROLS = [
    "\x00null",
    "bell\x07",
    "vertical\x0btab",
    "carriage\rreturn",
    "crlf\r\nend",
    "\x1funit",
    "delete\x7f",
    "\x85next",
]

LONG = 32_767

TABLES = (
    AwkwardTable("no rows", columns(K.TEXT, K.WHOLE), ()),
    AwkwardTable("one empty cell", columns(K.TEXT), ((None,),)),
    AwkwardTable("rows of nothing", columns(K.TEXT, K.DATE), ((None, None),) * 3),
    one_column("texts like formulas", K.TEXT, list(FORMULA_LIKE)),
    one_column("texts like numbers", K.TEXT, list(NUMBER_LIKE)),
    one_column("letters of the world", K.TEXT, list(LETTERS)),
    one_column("spaces that count", K.TEXT, list(SPACES)),
    one_column("markup", K.TEXT, list(MARKUP)),
    one_column("texts like escapes", K.TEXT, list(ESCAPES)),
    one_column("control characters", K.TEXT, list(CONTROLS)),
    one_column("lists already joined", K.LIST, ["red, green", "=a, b", "", None], shown=(("red, green",), ("=a, b",), (None,), (None,))),
    one_column("half a character", K.TEXT, ["a\ud800b"], shown=(("a\ufffdb",),)),
    one_column("the longest text", K.TEXT, ["x" * LONG, "é" * LONG]),
    AwkwardTable(
        "too long a text",
        (Column("content", "Content"),),
        (("x" * (LONG + 1),), ("y" * 65_000,), ("😀" * 20_000,)),
        shown=(("x" * (LONG - 7) + "… [cut]",), ("y" * (LONG - 7) + "… [cut]",), ("😀" * 16_380 + "… [cut]",)),
        notes=("3 cells of Content were longer than Excel's 32,767 characters and cut; they end in “… [cut]”.",),
    ),
    AwkwardTable(
        "headers that repeat or surprise",
        tuple(Column(f"k{n}", header) for n, header in enumerate(["Name", "Name", "name", "=1+1", "<&>", " x ", "😀", "two\nlines"])),
        (tuple("abcdefgh"),),
    ),
    one_column("whole numbers", K.WHOLE, [0, -1, 1, 999_999_999_999_999, -999_999_999_999_999, True], shown=((0,), (-1,), (1,), (999_999_999_999_999,), (-999_999_999_999_999,), (True,))),
    one_column("huge whole numbers", K.WHOLE, [10**15, -(10**15), 2**64, 10**40], shown=((str(10**15),), (str(-(10**15)),), (str(2**64),), (str(10**40),))),
    one_column("numbers", K.NUMBER, [0.1, -0.5, 1e300, 5e-324, 1e15, 123456789.123456, 3, 2.0]),
    one_column("numbers that are none", K.NUMBER, [float("nan"), float("inf"), float("-inf"), 1.5], shown=((None,), (None,), (None,), (1.5,))),
    one_column("money", K.MONEY, [0, 1, 0.01, -1234567.89, 1e12]),
    one_column("booleans", K.BOOLEAN, [True, False, None, True]),
    one_column("dates", K.DATE, [date(1900, 3, 1), date(2024, 2, 29), date(9999, 12, 31)]),
    one_column("dates Excel cannot count", K.DATE, [date(1899, 12, 30), date(1900, 2, 28), date(1, 1, 1)], shown=(("1899-12-30",), ("1900-02-28",), ("0001-01-01",))),
    one_column(
        "moments",
        K.MOMENT,
        # The hour that Amsterdam skips and the one it has twice: wall time is kept as it is.
        [datetime(2024, 3, 31, 2, 30), datetime(2024, 10, 27, 2, 30, fold=1), datetime(2024, 1, 1), datetime(2024, 12, 31, 23, 59, 59), datetime(1900, 3, 1)],
    ),
    one_column("moments Excel cannot count", K.MOMENT, [datetime(1899, 12, 31, 10), datetime(1900, 2, 28, 23, 59, 59)], shown=(("1899-12-31 10:00:00",), ("1900-02-28 23:59:59",))),
    one_column("times of day", K.TIME, [time(0, 0), time(9, 0), time(23, 59, 59)]),
    one_column("durations", K.DURATION, [timedelta(0), timedelta(hours=1, minutes=30), timedelta(hours=100, seconds=1), timedelta(days=4000)]),
    one_column("negative durations", K.DURATION, [timedelta(hours=-1)], shown=((str(timedelta(hours=-1)),),)),
    one_column("text where numbers belong", K.WHOLE, ["n/a", None, "=1", 7], shown=(("n/a",), (None,), ("=1",), (7,))),
    one_column("numbers where text belongs", K.TEXT, ["a", 0, 1.5, False, date(2024, 1, 1), None]),
    AwkwardTable("every kind at once", columns(*K), (("t", 1, 1.5, 2.5, True, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5), time(3, 4, 5), timedelta(hours=30), "a, b"),) * 3),
    AwkwardTable("a wide one", columns(*[K.TEXT] * 800), (tuple(str(n) for n in range(800)),) * 2),
)  # fmt: skip


def named(table: AwkwardTable) -> str:
    return table.name


def many_rows(count: int) -> tuple[AwkwardTable, Callable[[int], Row]]:
    """A table of plain rows, and the row it has at a number that counts from 1."""

    def row(number: int) -> Row:
        return (number, f"Deal {number} & co", number / 4, date(2024, 1, 1) + timedelta(number % 1000))

    kinds = (K.WHOLE, K.TEXT, K.MONEY, K.DATE)
    return AwkwardTable(f"{count} rows", columns(*kinds), tuple(row(n) for n in range(1, count + 1))), row
