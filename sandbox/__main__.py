"""python -m sandbox"""

from __future__ import annotations

import argparse
import socket
import sys

from sandbox import limits, world
from sandbox.pipedrive import create_app
from sandbox.schema import MAX_LIMIT
from sandbox.serve import HOST, serve

_LOOPBACK = ("127.0.0.1", "localhost")


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m sandbox", description="A pretend Pipedrive on this machine.")
    parser.add_argument("--port", type=int, default=8100, help="0 takes a free one (%(default)s)")
    parser.add_argument("--fd", type=int, help="a listening socket handed down by whoever starts it, instead of a port")
    parser.add_argument("--host", default=HOST, help="loopback only (%(default)s)")
    parser.add_argument("--deals", type=int, default=1200, help="how many deals the company has (%(default)s)")
    parser.add_argument("--custom-fields", type=int, metavar="N", help="keep only the first N custom fields of deals")
    parser.add_argument(
        "--plan", choices=(*world.PLANS, limits.NO_PLAN), default="growth", help="whose limits hold (%(default)s)"
    )
    parser.add_argument("--burst", type=int, metavar="N", help="requests in 2 s, instead of what the plan gives")
    parser.add_argument("--latency-ms", type=float, default=0, help="how long every answer takes at least")
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
    arguments = parser.parse_args(given)
    if arguments.host not in _LOOPBACK:
        parser.error(f"the sandbox listens on {HOST} only, not on {arguments.host}")
    if not 1 <= arguments.most_per_page <= MAX_LIMIT:
        parser.error(f"--most-per-page is from 1 to {MAX_LIMIT}")
    if arguments.deals < 0:
        parser.error("--deals cannot be negative")
    return arguments


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def main(given: list[str] | None = None) -> int:
    arguments = _arguments(given)
    if arguments.fd is None and arguments.port and _is_taken(arguments.port):
        print(f"Port {arguments.port} is taken; choose another with --port, or 0 for a free one.", file=sys.stderr)
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
    serve(app, arguments.port, fd=arguments.fd)
    return 0


if __name__ == "__main__":
    sys.exit(main())
