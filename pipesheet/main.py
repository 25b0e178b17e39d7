"""
The commands and their one edge: whatever goes wrong becomes one line on
standard error and an exit code.

0 done, 1 our own mistake or a part that stopped, 2 usage, 3 the owner must
change something, 4 trouble that outlasted the retries, 130 Ctrl-C.

Commands import what they need when they are called: `pipesheet --help` and
`pipesheet import` start without the web, the queue or the database.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
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


def _workbook(_context: click.Context, _option: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"{str(path)!r} does not end in .xlsx.")
    return path


def _time_zone(_context: click.Context, _option: click.Parameter, name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise click.BadParameter(f"{name!r} is not a time zone such as Europe/Amsterdam.") from error
    return name


@cli.command("import")
@click.argument("entity")
@click.option(
    "--to",
    "path",
    metavar="FILE.xlsx",
    type=click.Path(path_type=Path),
    required=True,
    callback=_workbook,
    help="The workbook to write.",
)
@click.option("--sheet", help="The worksheet's name; the entity's label when left out.")
@click.option(
    "--columns", callback=_names, help="Keys of the columns, in order: id,title,value. The usual ones when left out."
)
@click.option("--filter", "filter_id", type=click.IntRange(min=1), help="The number of a filter saved in Pipedrive.")
@click.option("--status", "statuses", callback=_names, help="Only these statuses: open,won.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many records.")
@click.option(
    "--time-zone", default="UTC", show_default=True, callback=_time_zone, help="The zone moments are shown in."
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object on standard output.")
def import_command(
    entity: str,
    path: Path,
    sheet: str | None,
    columns: tuple[str, ...] | None,
    filter_id: int | None,
    statuses: tuple[str, ...] | None,
    limit: int | None,
    time_zone: str,
    as_json: bool,
) -> None:
    """Read ENTITY from Pipedrive into a workbook, once, here.

    The token is read from PIPEDRIVE_API_TOKEN (or the file that
    PIPEDRIVE_API_TOKEN_FILE names). `pipesheet entities` lists the entities.
    """
    from importers.model import Selection
    from pipesheet.one_off import OneOff, run

    selection = Selection(entity, columns, filter_id, "", statuses or (), limit, time_zone)
    run(OneOff(selection, path, sheet), Settings.from_env(), as_json=as_json)


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
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
def entities(as_json: bool) -> None:
    """List what can be imported, and what a page of it costs."""
    from pipesheet.entities import show

    show(as_json=as_json)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    try:
        return int(cli.main(arguments, prog_name="pipesheet", standalone_mode=False) or DONE)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        return USAGE
    except click.UsageError as error:
        return _say(f"{error.format_message()} See `{_command(error)} --help`.", USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _say("Stopped.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `pipesheet entities | head`
        return DONE
    except ImporterError as error:
        return _explain(error)
    except Exception as error:  # noqa: BLE001 - the edge: it is logged whole, and told in one line
        return _our_mistake(error)


def _command(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx else "pipesheet"


def _explain(error: ImporterError) -> int:
    _trace_if_debugging()
    return _say(str(error), next((code for kind, code in _CODES if isinstance(error, kind)), BROKEN))


def _our_mistake(error: Exception) -> int:
    from pipesheet.mistakes import keep

    _trace_if_debugging()
    return _say(keep(error), BROKEN)


def _say(text: str, code: int) -> int:
    click.echo(" ".join(text.split()), err=True)
    return code


def _trace_if_debugging() -> None:
    if os.environ.get("PIPESHEET_LOG_LEVEL") == "DEBUG":
        import traceback

        traceback.print_exc()
