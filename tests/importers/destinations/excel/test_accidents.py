"""Killed, out of disk, or two at once: the workbook is the old one or the new one, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from importers.destinations.excel.destination import ExcelDestination
from importers.errors import AccessDenied, NoRoom, RunStopped
from importers.model import Column, ColumnKind, Target
from importers.staged import StagedFile, remove_leftovers
from tests.contracts.destination import DEALS, DestinationContract
from tests.excel import calamine_rows

ROOT = Path(__file__).parents[4]
OLD = (("old", "old"),) * 100

WRITER = """
import os, signal, sys
from pathlib import Path
from importers import staged
from importers.destinations.excel import destination, splicing
from importers.model import Column, Target

folder, moment, sheet = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
columns = (Column("title", "Title"), Column("owner", "Owner"))

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

with destination.ExcelDestination(folder).begin(Target("excel", "Sales", sheet), columns) as writing:
    if moment == "after begin":
        die()
    for page in range(200):
        writing.add([(f"{sheet} {page}", str(row)) for row in range(500)])
        if moment == "between rows" and page == 100:
            die()
    if moment == "while the copy is written":
        splicing.ArchiveWriter.close = die
    if moment == "before it takes its place":
        staged._take_over_rights = die
    if moment == "after it took its place":
        staged._sync_folder = die
    writing.commit()
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    DestinationContract.write(ExcelDestination(tmp_path), Target("excel", "Sales", "Deals"), DEALS, OLD)
    return tmp_path


def writer(folder: Path, moment: str = "", sheet: str = "Deals", **more) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(folder), moment, sheet]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, **more)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", ["after begin", "between rows", "while the copy is written", "before it takes its place"]
)
def test_killed_in_the_middle_leaves_the_old_workbook_and_the_next_run_cleans_up(folder, moment):
    before = (folder / "Sales.xlsx").read_bytes()
    with writer(folder, moment) as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (folder / "Sales.xlsx").read_bytes() == before
    assert names(folder) > {"Sales.xlsx"}
    DestinationContract.write(ExcelDestination(folder), Target("excel", "Sales", "Deals"), DEALS, [("new", "new")])
    assert names(folder) == {"Sales.xlsx"}
    assert calamine_rows(folder / "Sales.xlsx", "Deals")[1] == (("new", "new"),)


@pytest.mark.slow
def test_killed_at_the_very_end_leaves_the_new_workbook(folder):
    with writer(folder, "after it took its place") as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert len(calamine_rows(folder / "Sales.xlsx", "Deals")[1]) == 100_000


@pytest.mark.slow
def test_importers_that_write_one_workbook_at_once_all_come_through(folder):
    processes = [writer(folder, sheet=sheet) for sheet in ("A", "B", "C")]
    errors = [process.communicate(timeout=90)[1] for process in processes]
    assert errors == ["", "", ""]
    for sheet in ("A", "B", "C"):
        rows = calamine_rows(folder / "Sales.xlsx", sheet)[1]
        assert (len(rows), rows[0], rows[-1]) == (100_000, (f"{sheet} 0", "0"), (f"{sheet} 199", "499"))
    assert calamine_rows(folder / "Sales.xlsx", "Deals")[1] == OLD
    assert names(folder) == {"Sales.xlsx"}


def test_work_in_progress_is_no_leftover(folder):
    with StagedFile(folder) as staged:
        remove_leftovers(folder)
        assert staged.path.exists()
    (folder / ".pipesheet-1-abandoned.part").write_bytes(b"half a sheet")
    (folder / "notes.part").touch()
    remove_leftovers(folder)
    assert names(folder) == {"Sales.xlsx", "notes.part"}


# --- the disk ----------------------------------------------------------------------

UNPACKABLE = (Column("noise", "Noise"), Column("number", "Number", ColumnKind.WHOLE))
LIMITED = """
import resource, sys
from pathlib import Path
from importers.destinations.excel.destination import ExcelDestination
from importers.errors import NoRoom
from importers.model import Column, Target
from random import Random

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
noise = Random(1)
try:
    with ExcelDestination(Path(sys.argv[1])).begin(Target("excel", "Sales", "Deals"), [Column("a", "A")]) as writing:
        for page in range(20):
            writing.add([(noise.randbytes(500).hex(),) for _ in range(100)])
        writing.commit()
except NoRoom as error:
    print(error.message, "|", error.hint)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [0, 1, 60, 700, 1_100])
def test_a_quota_that_runs_out_anywhere_leaves_the_old_workbook(folder, kilobytes):
    """The kernel refuses the write; 1,100 kB hold the rows, but not the workbook with them."""
    before = (folder / "Sales.xlsx").read_bytes()
    command = [sys.executable, "-c", LIMITED, str(folder), str(kilobytes * 1024)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
    message, hint = finished.stdout.split(" | ")
    assert "full" in message
    assert "as it was before" in message
    assert "Make room" in hint
    assert (folder / "Sales.xlsx").read_bytes() == before
    assert names(folder) == {"Sales.xlsx"}


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk here; the quota above exercises the same path")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("used", [0, 1_500_000, 2_000_000])
def test_a_full_disk_leaves_the_old_workbook(small_disk, used):
    target = Target("excel", "Sales", "Deals")
    destination = ExcelDestination(small_disk)
    DestinationContract.write(destination, target, DEALS, OLD)
    before = (small_disk / "Sales.xlsx").read_bytes()
    (small_disk / "other").write_bytes(b"x" * used)
    with pytest.raises(NoRoom, match="as it was before"), destination.begin(target, DEALS) as writing:  # noqa: PT012
        for _ in range(50):
            writing.add([(os.urandom(1000).hex(), "x") for _ in range(40)])
        writing.commit()
    assert (small_disk / "Sales.xlsx").read_bytes() == before
    assert names(small_disk) == {"Sales.xlsx", "other"}


def test_a_disk_without_any_room_is_told_before_anything_is_read(small_disk):
    target = Target("excel", "Sales", "Deals")
    DestinationContract.write(ExcelDestination(small_disk), target, DEALS, OLD)
    with (small_disk / "other").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):  # noqa: PT012
        while True:
            file.write(b"x" * 4096)
    with pytest.raises(NoRoom) as refused:
        ExcelDestination(small_disk).check(target)
    assert refused.value.hint


def test_a_read_only_disk_is_told_before_anything_is_read(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(AccessDenied):
        ExcelDestination(small_disk).check(Target("excel", "Sales", "Deals"))
    with pytest.raises(AccessDenied):
        ExcelDestination(small_disk).begin(Target("excel", "Sales", "Deals"), DEALS)


@pytest.mark.slow
def test_memory_stays_flat_whatever_the_rows(folder):
    """A process of its own writes ten times the rows in the same memory."""
    peaks = [_peak(folder, pages) for pages in (100, 1_000)]
    assert peaks[1] - peaks[0] < 4
    assert peaks[1] < 45


def _peak(folder: Path, pages: int) -> float:
    program = f"""
from pathlib import Path
from importers.destinations.excel.destination import ExcelDestination
from importers.model import Column, Target

with ExcelDestination(Path({str(folder)!r})).begin(Target("excel", "Big", "Deals"), [Column("a", "A"), Column("b", "B")]) as writing:
    for page in range({pages}):
        writing.add([(f"{{page}} some text", f"{{row}}") for row in range(200)])
    writing.commit()
# Not getrusage: its peak is that of the process we were forked from, if that was larger.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) / 1024)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(ran.stdout)


def test_a_large_workbook_keeps_nobody_who_wants_to_stop(tmp_path: Path):
    """Another program has saved it: then nothing tells where the rows end, and all of them are read through."""
    path = tmp_path / "Sales.xlsx"
    DestinationContract.write(ExcelDestination(tmp_path), Target("excel", "Sales", "Deals"), DEALS, OLD * 600)
    saved_anew(path, more={"xl/media/film.bin": bytes(4 << 20)})
    before, destination, at = path.read_bytes(), ExcelDestination(tmp_path), 0
    while True:  # wherever it is
        try:
            with destination.begin(Target("excel", "Sales", "Deals"), DEALS, stop=stopping_after(at)) as writing:
                writing.add([("new", "new")])
                writing.commit()
        except RunStopped:
            assert path.read_bytes() == before
            at += 1
        else:
            break
    assert at > 8, "a megabyte at a time"
    assert calamine_rows(path, "Deals")[1] == (("new", "new"),)
    assert list(tmp_path.iterdir()) == [path]


def stopping_after(looks: int) -> Callable[[], None]:
    left = iter(range(looks))

    def stop() -> None:
        if next(left, None) is None:
            raise RunStopped("cancelled")

    return stop


def saved_anew(path: Path, *, more: dict[str, bytes]) -> None:
    """As another program would: the same parts, without what we note beside them, and some of its own."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for name, content in more.items():
            archive.writestr(ZipInfo(name), content)
