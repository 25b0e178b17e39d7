"""
Several machines on one: each host a network namespace of its own, all joined by
a bridge, with cables that can be pulled out. Where that is not permitted (it
takes root and iproute2), hosts are groups of plain processes on this machine,
and pulling the cable means that they are frozen.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipesheet.ports import LOOPBACK
from tests.processes import ROOT

_NEW_NETWORK = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Host:
    """
    `address` is where others reach it. Whoever is `inside` has its network, and
    so have processes started there.
    """

    name: str
    address: str
    logs: Path
    namespace: int | None = None
    cable: str = ""
    centre: Host | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """For the calling thread, and what it starts."""
        if self.namespace is None:
            yield
            return
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _enter(self.namespace)
            yield
        finally:
            _enter(before)
            os.close(before)

    @property
    def log(self) -> str:
        """What its processes said so far."""
        return self._log.read_text() if self._log.exists() else ""

    def start(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log, self.inside():
            process = subprocess.Popen(
                command,
                env=env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def unplug(self) -> None:
        if self.centre is None:
            self.signal(signal.SIGSTOP)
        else:
            self.centre.run("ip", "link", "set", self.cable, "down")

    def plug(self) -> None:
        if self.centre is None:
            self.signal(signal.SIGCONT)
        else:
            self.centre.run("ip", "link", "set", self.cable, "up")

    def run(self, *command: str) -> None:
        with self.inside():
            subprocess.run(command, check=True, capture_output=True)

    @property
    def _log(self) -> Path:
        return self.logs / f"{self.name}.log"

    def signal(self, number: int) -> None:
        """To all its processes, and those they forked."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)


@dataclass(frozen=True)
class Network:
    """`centre` is reached by all; it is where database, Redis and the vendors are."""

    centre: Host
    others: Sequence[Host]
    is_real: bool

    @property
    def hosts(self) -> Sequence[Host]:
        return (self.centre, *self.others)

    @property
    def told(self) -> str:
        if self.is_real:
            return f"{len(self.hosts)} hosts, each a network namespace of its own"
        return (
            f"{len(self.hosts)} hosts WITHOUT networks of their own (that takes root and iproute2): plain processes, "
            "frozen where a cable would have been pulled out"
        )

    def lead_to_centre(self, *ports: int) -> None:
        """
        What listens at these on the loopback of the centre is there on the
        loopback of every other host as well, by way of the network.
        """
        if not self.is_real:
            return
        for host in self.hosts:
            is_here = host is self.centre
            here, there = (host.address, LOOPBACK) if is_here else (LOOPBACK, self.centre.address)
            ends = [f"{where}:{port}" for port in ports for where in (here, there)]
            host.start((sys.executable, "-m", "tests.relay", *ends))
        for host in self.hosts:
            while "ready" not in host.log:
                assert all(process.poll() is None for process in host.processes), host.log


@contextmanager
def a_network(names: Sequence[str], logs: Path) -> Iterator[Network]:
    with ExitStack() as undo:
        try:
            network = _namespaces(names, logs, undo)
        except (OSError, subprocess.CalledProcessError):
            hosts = [Host(name, LOOPBACK, logs) for name in ("centre", *names)]
            network = Network(hosts[0], hosts[1:], is_real=False)
        try:
            yield network
        finally:
            end(network.others)
            end([network.centre])


def end(hosts: Sequence[Host]) -> None:
    """Ask their processes to stop, all at once, and make sure that nobody is left."""
    processes = [process for host in hosts for process in host.processes]
    for host in hosts:
        host.signal(signal.SIGCONT)
    for process in processes:
        process.terminate()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
    for host in hosts:
        host.signal(signal.SIGKILL)
    for process in processes:
        process.wait(10)


def _namespaces(names: Sequence[str], logs: Path, undo: ExitStack) -> Network:
    """They vanish with whoever is in them, and cables and bridge with them: nothing to take away."""
    centre = Host("centre", "10.77.0.1", logs, _new_namespace(undo))
    centre.run("ip", "link", "add", "bridge", "type", "bridge")
    centre.run("ip", "address", "add", f"{centre.address}/24", "dev", "bridge")
    for name in ("lo", "bridge"):
        centre.run("ip", "link", "set", name, "up")
    return Network(centre, [_joined(centre, name, place, undo) for place, name in enumerate(names, 2)], is_real=True)


def _joined(centre: Host, name: str, place: int, undo: ExitStack) -> Host:
    cable = f"to-{name}"
    host = Host(name, f"10.77.0.{place}", centre.logs, _new_namespace(undo), cable, centre)
    theirs = f"/proc/{os.getpid()}/fd/{host.namespace}"
    centre.run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", theirs)
    centre.run("ip", "link", "set", cable, "master", "bridge", "up")
    host.run("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
    for own in ("lo", "eth0"):
        host.run("ip", "link", "set", own, "up")
    return host


def _new_namespace(undo: ExitStack) -> int:
    """An open file that keeps it there. Raises OSError where it is not permitted."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _check(_libc.unshare(_NEW_NETWORK))
        found = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _enter(before)
    finally:
        os.close(before)
    undo.callback(os.close, found)
    return found


def _enter(namespace: int) -> None:
    _check(_libc.setns(namespace, _NEW_NETWORK))


def _check(answer: int) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
