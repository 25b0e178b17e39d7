"""Starts processes for the benchmarks and measures them from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Wall and CPU seconds of a whole process, and its peak memory in MB (the kernel's ru_maxrss)."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def measure(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Measured:
    """Run *command* to its end; raises RuntimeError with its output when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **(environ or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Measured(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


@contextmanager
def pretend_pipedrive(*arguments: str) -> Iterator[str]:
    """A sandbox process on a free port; yields its base URL."""
    with pretend("sandbox", arguments, "/_sandbox/") as base:
        yield base


@contextmanager
def pretend(module: str, arguments: Sequence[str], path: str) -> Iterator[str]:
    """A process of a pretend vendor on a free port, once it answers at *path*; yields its base URL."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--port", str(port), *arguments], stdout=subprocess.DEVNULL
    )
    try:
        _await(base + path, process)
        yield base
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(f"the sandbox ended with {process.returncode} before it answered")
        if _answers(url):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within 20 seconds")


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()
    except OSError:
        return False
    return True
