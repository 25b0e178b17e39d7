"""python -m tests.chaos --minutes 5 --seed 7 [--database postgresql|sqlite]"""

from __future__ import annotations

import argparse
import random
import sys

from tests.chaos.story import Wanted, tell


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.chaos", description="Kills parts of the system while it works.")
    parser.add_argument("--minutes", type=float, default=5, help="how long disasters strike (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), help="by chance")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql", help="(%(default)s)")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two disasters (%(default)s)")
    parser.add_argument("--plan", action="store_true", help="only say what would happen when")
    asked = parser.parse_args()
    wanted = Wanted(asked.minutes * 60, asked.seed, asked.database, every=asked.every)
    if asked.plan:
        print(*wanted.disasters, *wanted.changes, sep="\n")
        return 0
    problems = tell(wanted)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
