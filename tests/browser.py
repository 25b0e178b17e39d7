"""A real Chromium and a real Pipesheet for the tests that need them, and for the pictures of the documentation."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
INSTALL_HINT = "Chromium is missing: run .ci/system-packages as root, or: sudo apt-get install chromium"

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window. Raises RuntimeError with what to install where there is none."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError(INSTALL_HINT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def pipesheet_up(home: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """`pipesheet up` as a process of its own; yields its address once it says that it is ready."""
    command = [str(Path(sys.executable).with_name("pipesheet")), "up", *arguments]
    environ = {**os.environ, "PIPESHEET_HOME": str(home), **(env or {})}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: SimpleQueue[str] = SimpleQueue()
    listener = Thread(target=_collect, args=(process, lines), daemon=True)
    listener.start()
    try:
        yield _address(lines)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        listener.join(5)


def _collect(process: subprocess.Popen[str], lines: SimpleQueue[str]) -> None:
    assert process.stdout
    with process.stdout:
        for line in process.stdout:
            lines.put(line)


def _address(lines: SimpleQueue[str]) -> str:
    heard, until = [], monotonic() + 60
    while monotonic() < until:
        try:
            heard.append(lines.get(timeout=1))
        except Empty:
            continue
        if found := re.search(r"ready: (http://\S+)", heard[-1]):
            return found[1]
    raise RuntimeError("Pipesheet did not become ready within a minute:\n" + "".join(heard))


def create_owner(page: Page, base: str) -> None:
    page.goto(base)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url(base + "/")


def connect(page: Page, base: str, token: str) -> None:
    page.goto(base + "/connections/new")
    page.get_by_label("API token").first.fill(token)
    page.get_by_role("button", name="Connect", exact=True).click()


def allow_at_google(page: Page, button: str) -> str:
    """Press *button*, which leads to the pretend Google, then Allow for the account it proposes; Google's address."""
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/o/oauth2/v2/auth?*")
    place = urlsplit(page.url)
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url("**/connections/*")
    return f"{place.scheme}://{place.netloc}"


def await_end_of_run(page: Page) -> None:
    """Stay on a run's page until it offers the results; fails after half a minute."""
    page.get_by_role("link", name="View results").first.wait_for(timeout=30_000)
