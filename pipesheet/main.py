"""
The commands and their one edge: whatever goes wrong becomes one line on
standard error and an exit code.

0 done, 1 our own mistake or a part that stopped, 2 usage, 3 the owner must
change something, 4 trouble that outlasted the retries, 130 Ctrl-C or SIGTERM.
With --json what went wrong is told as an object on standard output instead.

Commands import what they need when they are called: `pipesheet --help` and
`pipesheet import` start without the web, the queue or the database.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from typing import NoReturn

import click

from importers.config import Settings
from importers.errors import ImporterError, RunStopped, SetupError, TemporaryError

DONE, BROKEN, USAGE, SETUP, TEMPORARY, INTERRUPTED = 0, 1, 2, 3, 4, 130

_CODES = ((SetupError, SETUP), (TemporaryError, TEMPORARY), (RunStopped, INTERRUPTED))

_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP)
@click.version_option(package_name="pipesheet", prog_name="pipesheet", message="%(prog)s %(version)s")
def cli() -> None:
    """Pipedrive records in spreadsheets that stay fresh."""


@cli.command()
@click.option("--sandbox", is_flag=True, help="With a pretend Pipedrive, a connection to it and a first importer.")
def up(sandbox: bool) -> None:
    """Start everything: web, worker, clock and Redis. Ctrl-C stops it.

    PORT (8000) and PIPESHEET_HOME (~/.pipesheet) say where; a taken port gives
    the next free one. Redis comes along unless REDIS_URL is set.
    """
    from pipesheet.up import up as start

    start(Settings.from_env(), sandbox=sandbox)


def _names(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """A comma-separated list; None when it was not given."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise click.BadParameter("name at least one.")
    return names


def _entity(_context: click.Context, _argument: click.Parameter, said: str) -> str:
    from pipesheet.entities import known

    return known(said)


def _filter_number(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise click.BadParameter(f"{text!r} is not the number of a filter; it looks like 12.")
    return int(text)


def _options(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """NAME=ANSWER,ANSWER; what there is to answer, the entity knows."""
    answers: dict[str, tuple[str, ...]] = {}
    for text in given:
        name, is_answered, answer = text.partition("=")
        values = tuple(value.strip() for value in answer.split(",") if value.strip())
        if not (is_answered and name.strip() and values):
            raise click.BadParameter(f"{text!r} is no option; it looks like folders=inbox,sent.")
        answers[name.strip()] = answers.get(name.strip(), ()) + values
    return answers


_CHOICES = click.option(
    "--option",
    "options",
    metavar="NAME=ANSWER,…",
    multiple=True,
    callback=_options,
    help="What else the entity lets one choose: folders=inbox,sent. See `pipesheet entities --long`.",
)

_SANDBOX = click.option(
    "--sandbox", is_flag=True, help="Read from a pretend Pipedrive instead, which needs no token and no server."
)


def _cell(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not re.fullmatch(r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,7}", name, re.ASCII):
        raise click.BadParameter(f"{name!r} is not a cell such as B3.")
    return name


def _time_zone(_context: click.Context, _option: click.Parameter, name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise click.BadParameter(f"{name!r} is not a time zone such as Europe/Amsterdam.") from error
    return name


@cli.command("import")
@click.argument("entity", callback=_entity)
@click.option(
    "--to",
    "place",
    metavar="PLACE",
    required=True,
    help="The workbook to write (deals.xlsx), the address of a Google spreadsheet, or google-sheets for a new one "
    "(google-sheets:Sales 2026 names it).",
)
@click.option("--sheet", help="The name of the worksheet or tab; the entity's label when left out.")
@click.option(
    "--columns",
    callback=_names,
    help="Keys or headers of the columns, in order: id,title,Value. The usual ones when left out.",
)
@click.option(
    "--filter",
    "filter_id",
    metavar="NUMBER",
    callback=_filter_number,
    help="The number of a filter saved in Pipedrive.",
)
@click.option("--status", "statuses", callback=_names, help="Only these statuses: open,won.")
@_CHOICES
@click.option("--limit", type=click.IntRange(min=1), help="At most so many records.")
@click.option(
    "--time-zone", default="UTC", show_default=True, callback=_time_zone, help="The zone moments are shown in."
)
@click.option(
    "--mode",
    type=click.Choice(["replace", "append", "update"]),
    default="replace",
    help="Google Sheets: replace the table's rows, add below them, or update those with the same key.",
)
@click.option(
    "--key", default="", help="Google Sheets: the column that tells rows apart for --mode update; id if left out."
)
@click.option(
    "--start",
    default="A1",
    callback=_cell,
    help="Google Sheets: the cell of the first header at first; A1 if left out.",
)
@click.option("--stamp-rows", is_flag=True, help="Google Sheets: a column that says when each row was last written.")
@click.option("--fill-formulas", is_flag=True, help="Google Sheets: continue formulas beside the table in new rows.")
@click.option("--header-notes", is_flag=True, help="Google Sheets: notes on the headers, which say what they hold.")
@click.option("--take-over", is_flag=True, help="Google Sheets: write over cells that are not Pipesheet's.")
@click.option("--rewrite", is_flag=True, help="Google Sheets: write all rows, those that have not changed, too.")
@_SANDBOX
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on standard output.")
def import_command(
    entity: str,
    place: str,
    sheet: str | None,
    columns: tuple[str, ...] | None,
    filter_id: int | None,
    statuses: tuple[str, ...] | None,
    options: dict[str, tuple[str, ...]],
    limit: int | None,
    time_zone: str,
    mode: str,
    key: str,
    start: str,
    stamp_rows: bool,
    fill_formulas: bool,
    header_notes: bool,
    take_over: bool,
    rewrite: bool,
    sandbox: bool,
    as_json: bool,
) -> None:
    """Read ENTITY from Pipedrive into a workbook or a Google spreadsheet, once, here.

    The token is read from PIPEDRIVE_API_TOKEN (or the file that
    PIPEDRIVE_API_TOKEN_FILE names). For Google Sheets
    GOOGLE_APPLICATION_CREDENTIALS names the JSON key file of a service account,
    with which the spreadsheet is shared. `pipesheet entities` lists the
    entities, `pipesheet columns ENTITY` the columns.
    """
    from importers.model import Mode, Selection
    from pipesheet.entities import check_statuses, label_of
    from pipesheet.into import How, check_place, into
    from pipesheet.one_off import run
    from pipesheet.vendor import source

    how = How(Mode(mode), key, start, stamp_rows, fill_formulas, header_notes, take_over, rewrite)
    check_place(place, how)
    check_statuses(entity, statuses or ())
    settings = Settings.from_env()
    selection = Selection(entity, columns, filter_id, "", statuses or (), limit, time_zone, options=options)
    vendor = source(settings, sandbox=sandbox)
    there = into(
        place,
        sheet or label_of(entity),
        how,
        settings=settings,
        source=vendor,
        entity=entity,
        sandbox=sandbox,
        time_zone=time_zone,
    )
    run(selection, there, vendor, as_json=as_json)
    if there.pretended and not as_json:
        there.pretended.show(there.target.place)


@cli.command()
@click.argument("entity", callback=_entity)
@click.option("--columns", callback=_names, help="As for `pipesheet import`: related names cost something, too.")
@click.option("--filter", "filter_id", metavar="NUMBER", callback=_filter_number, help="As for `pipesheet import`.")
@click.option("--status", "statuses", callback=_names, help="Only these statuses: open,won.")
@_CHOICES
@click.option("--limit", type=click.IntRange(min=1), help="At most so many records.")
@_SANDBOX
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
def price(
    entity: str,
    columns: tuple[str, ...] | None,
    filter_id: int | None,
    statuses: tuple[str, ...] | None,
    options: dict[str, tuple[str, ...]],
    limit: int | None,
    sandbox: bool,
    as_json: bool,
) -> None:
    """Say what importing ENTITY would cost, in API tokens and requests.

    Asks Pipedrive how many records there are, which takes a few tokens itself.
    The token is read as by `pipesheet import`.
    """
    from importers.model import Selection
    from pipesheet.entities import check_statuses
    from pipesheet.price import show
    from pipesheet.vendor import source

    check_statuses(entity, statuses or ())
    selection = Selection(entity, columns, filter_id, "", statuses or (), limit, options=options)
    show(source(Settings.from_env(), sandbox=sandbox), selection, as_json=as_json)


@cli.command()
def migrate() -> None:
    """Bring the database up to date; harmless when it is."""
    from importers.bootstrap import migrate as bring_up_to_date

    bring_up_to_date(Settings.from_env())
    click.echo("The database is up to date.")


@cli.command()
def check() -> int:
    """Say what works: database, Redis, worker, Pipedrive."""
    from pipesheet.check import check as look

    return DONE if look(Settings.from_env()) else SETUP


@cli.command()
@click.option(
    "--long", "at_length", is_flag=True, help="With the filters, windows and statuses it takes, and the scopes."
)
@click.option("--json", "as_json", is_flag=True, help="As a JSON list, with all that --long tells.")
def entities(at_length: bool, as_json: bool) -> None:
    """List what can be imported, and what a page of it costs."""
    from pipesheet.entities import show

    show(as_json=as_json, at_length=at_length)


@cli.command()
@click.argument("entity", callback=_entity)
@_SANDBOX
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
def columns(entity: str, sandbox: bool, as_json: bool) -> None:
    """List the columns ENTITY can have, your own fields among them.

    The token is read as by `pipesheet import`.
    """
    from pipesheet.columns import show
    from pipesheet.vendor import source

    show(source(Settings.from_env(), sandbox=sandbox), entity, as_json=as_json)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    try:
        return int(cli.main(arguments, prog_name="pipesheet", standalone_mode=False) or DONE)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        return USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `pipesheet entities | head`
        return DONE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the edge: nothing leaves without its line
        return _tell(_failure(error, arguments), as_json="--json" in arguments)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What there is to tell, and the exit code."""

    exit: int
    code: str
    message: str
    hint: str = ""


def _failure(error: BaseException, arguments: list[str]) -> _Failure:
    if isinstance(error, click.UsageError):
        return _Failure(USAGE, "usage", error.format_message(), f"See `{_command(error, arguments)} --help`.")
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _Failure(INTERRUPTED, RunStopped.code, "Stopped.")
    _trace_if_debugging()
    if isinstance(error, ImporterError):
        leaves = next((code for kind, code in _CODES if isinstance(error, kind)), BROKEN)
        return _Failure(leaves, error.code, error.message, error.hint)
    from pipesheet.mistakes import keep

    return _Failure(BROKEN, "our-mistake", keep(error))


def _command(error: click.UsageError, arguments: list[str]) -> str:
    """Click does not always say which command was meant."""
    if error.ctx and error.ctx.parent:
        return error.ctx.command_path
    named = next((word for word in arguments if not word.startswith("-")), "")
    return f"pipesheet {named}" if named in cli.commands else "pipesheet"


def _tell(failure: _Failure, *, as_json: bool) -> int:
    if not as_json:
        click.echo(" ".join(f"{failure.message} {failure.hint}".split()), err=True)
    else:
        told = {"error": failure.code, "message": failure.message, "hint": failure.hint}
        click.echo(json.dumps(told, ensure_ascii=False))
    return failure.exit


def _trace_if_debugging() -> None:
    if os.environ.get("PIPESHEET_LOG_LEVEL") == "DEBUG":
        import traceback

        traceback.print_exc()
