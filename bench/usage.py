"""What running processes took of the processors and of the memory, looked at from outside (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Of a process with all its children, also those that are over by now."""
    gone = sum(map(int, _words(pid)[13:15]))  # children that were waited for, and theirs
    return gone / _TICKS + sum(_own_cpu(one) for one in family(pid))


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = dict(_parents())
    found, new = [pid], [pid]
    while new:
        new = [child for child, parent in parents.items() if parent in new]
        found += new
    return found


def share_mb(pid: int) -> float:
    """The memory of a process, where what it shares with others is divided among them (Pss)."""
    return _kb(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") / 1024


def peak_mb(pid: int) -> float:
    """The most that was resident at once, what it shares with others included (VmHWM)."""
    return _kb(Path(f"/proc/{pid}/status"), "VmHWM:") / 1024


def _own_cpu(pid: int) -> float:
    try:
        return sum(map(int, _words(pid)[11:13])) / _TICKS
    except OSError:
        return 0.0


def _words(pid: int) -> list[str]:
    """Those of /proc/pid/stat from the third on; the name before may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                yield int(folder.name), int(_words(int(folder.name))[1])
            except OSError:
                continue


def _kb(file: Path, name: str) -> int:
    [line] = [line for line in file.read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1])
