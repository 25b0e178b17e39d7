"""python -m sandbox"""

from __future__ import annotations

import argparse
import sys

from sandbox import limits, world
from sandbox.pipedrive import create_app
from sandbox.schema import MAX_LIMIT
from sandbox.serve import Serving, add_arguments, is_refused, read_arguments, serve


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m sandbox", description="A pretend Pipedrive on this machine.")
    add_arguments(parser, 8100)
    parser.add_argument("--deals", type=int, default=1200, help="how many deals the company has (%(default)s)")
    parser.add_argument("--custom-fields", type=int, metavar="N", help="keep only the first N custom fields of deals")
    parser.add_argument(
        "--plan", choices=(*world.PLANS, limits.NO_PLAN), default="growth", help="whose limits hold (%(default)s)"
    )
    parser.add_argument("--burst", type=int, metavar="N", help="requests in 2 s, instead of what the plan gives")
    parser.add_argument(
        "--remember", action="store_true", help="keep the JSON of records once shown: quicker, and takes memory"
    )
    parser.add_argument(
        "--most-per-page", type=int, default=MAX_LIMIT, metavar="N", help="cut pages short (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=7, help="another seed, another company (%(default)s)")
    parser.add_argument(
        "--without", action="append", choices=world.FEATURES, default=[], help="a feature the company lacks; repeatable"
    )
    parser.add_argument(
        "--rotate-refresh-tokens", action="store_true", help="give out a new refresh token at each refresh"
    )
    arguments = read_arguments(parser, given)
    if not 1 <= arguments.most_per_page <= MAX_LIMIT:
        parser.error(f"--most-per-page is from 1 to {MAX_LIMIT}")
    if arguments.deals < 0:
        parser.error("--deals cannot be negative")
    return arguments


def _told(address: str) -> str:
    where = f"The pretend Pipedrive is at {address} (its page: {address}/_sandbox/)"
    return f"{where} PIPESHEET_REROUTE=*.pipedrive.com={address}"


def main(given: list[str] | None = None) -> int:
    arguments = _arguments(given)
    if is_refused(arguments):
        return 2
    company = world.World(
        arguments.deals,
        arguments.seed,
        "growth" if arguments.plan == limits.NO_PLAN else arguments.plan,
        custom_fields=arguments.custom_fields,
        without=arguments.without,
        remembers=arguments.remember,
    )
    app = create_app(
        company,
        limits=limits.Limits(arguments.plan, seats=company.staff.active, burst=arguments.burst),
        latency=arguments.latency_ms / 1000,
        most_per_page=arguments.most_per_page,
    )
    app.extensions["sandbox"].oauth.grants.rotates = arguments.rotate_refresh_tokens
    serve(app, arguments.port, Serving(_told), fd=arguments.fd)
    return 0


if __name__ == "__main__":
    sys.exit(main())
