"""python -m sandbox.google"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from sandbox.google import keep, sheetcsv
from sandbox.google.accounts import ALEX, HOSTS, SAM
from sandbox.google.app import Google, create_app
from sandbox.google.files import Files
from sandbox.google.quota import MODELS, PER_PROJECT, PER_USER, SLIDING
from sandbox.serve import Serving, add_arguments, is_refused, read_arguments, serve

PORT = 8101


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m sandbox.google", description="A pretend Google on this machine.")
    add_arguments(parser, PORT)
    parser.add_argument(
        "--per-user",
        type=int,
        default=PER_USER,
        metavar="N",
        help="reads, and writes, of a user in a minute; 0: no limit",
    )
    parser.add_argument(
        "--per-project", type=int, default=PER_PROJECT, metavar="N", help="the same of a project (%(default)s)"
    )
    parser.add_argument("--quota-model", choices=MODELS, default=SLIDING, help="what a minute is (%(default)s)")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="read everything from there, and write it back at the end"
    )
    parser.add_argument(
        "--seed", type=Path, action="append", default=[], metavar="CSV", help="a spreadsheet to begin with; repeatable"
    )
    return read_arguments(parser, given)


def main(given: list[str] | None = None) -> int:
    arguments = _arguments(given)
    if is_refused(arguments):
        return 2
    app = create_app(
        per_user=arguments.per_user or None,
        per_project=arguments.per_project or None,
        quota_model=arguments.quota_model,
        latency=arguments.latency_ms / 1000,
    )
    google: Google = app.extensions["google"]
    try:
        _begin(google, arguments)
    except (OSError, UnicodeDecodeError) as problem:
        print(f"A spreadsheet to begin with could not be read: {problem}", file=sys.stderr)
        return 2
    ends = partial(keep.save, google, arguments.state) if arguments.state else None
    serve(app, arguments.port, Serving(_told, ends, 10) if ends else Serving(_told), fd=arguments.fd)
    return 0


def _begin(google: Google, arguments: argparse.Namespace) -> None:
    if not arguments.state or not _restored(google, arguments.state):
        _add_examples(google.files)
    for path in arguments.seed:
        made = google.files.new_spreadsheet(ALEX, path.stem)
        if made.book:
            text = path.read_text(encoding="utf-8-sig")
            sheetcsv.read_into(made.book, text, google.files.moment().date(), made.book.tabs[0].title)


def _restored(google: Google, path: Path) -> bool:
    try:
        keep.load(google, path)
    except FileNotFoundError:
        return False
    except (OSError, keep.UnreadableError):
        print(f"{path} could not be read; the pretend Google starts afresh.", file=sys.stderr)
        return False
    return True


def _add_examples(files: Files) -> None:
    """Something to pick from."""
    files.new_spreadsheet(ALEX, "Quarterly plan")
    files.share(files.new_spreadsheet(SAM, "Sales team numbers"), ALEX.email, "writer")


def _told(address: str) -> str:
    reroute = ",".join(f"{host}={address}" for host in HOSTS)
    return f"The pretend Google is at {address} (its page: {address}/_sandbox/google/) PIPESHEET_REROUTE={reroute}"


if __name__ == "__main__":
    sys.exit(main())
