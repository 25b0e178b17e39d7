"""
Chance that is the same every time.

A column is a short list of values drawn once from a seeded generator; record
n reads place n modulo the column's length. Every column has another prime
length, so no pattern shows, and reading one costs a look-up instead of a
hash: that is what lets a page be made from ids alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def _primes(low: int, high: int) -> Iterator[int]:
    for n in range(low, high):
        if all(n % d for d in range(2, int(n**0.5) + 1)):
            yield n


PRIMES = tuple(_primes(251, 900))


class Dice:
    """Columns for one kind of record of one world."""

    def __init__(self, seed: int, kind: str) -> None:
        self.seed, self.kind = seed, kind
        self._name = f"{seed}:{kind}"
        self._used = 0

    def drawn(self, name: str, make: Callable[[random.Random], T], *, size: int | None = None) -> tuple[T, ...]:
        """A column's values, each made by `make`."""
        chance = self._chance(name)
        return tuple(make(chance) for _ in range(self._next_size() if size is None else size))

    def column(self, name: str, make: Callable[[random.Random], T]) -> Callable[[int], T]:
        """The same as a function of the record's number."""
        return _repeated(self.drawn(name, make))

    def pick(self, name: str, values: Sequence[T], weights: Sequence[int] | None = None) -> Callable[[int], T]:
        return _repeated(self._chance(name).choices(values, weights, k=self._next_size()))

    def chance(self, name: str, share: float) -> Callable[[int], bool]:
        return self.column(name, lambda chance: chance.random() < share)

    def between(self, name: str, low: int, high: int) -> Callable[[int], int]:
        return self.column(name, lambda chance: chance.randint(low, high))

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self._name}:{name}")

    def _next_size(self) -> int:
        self._used += 1
        return PRIMES[(self._used - 1) % len(PRIMES)]


def _repeated(values: Sequence[T]) -> Callable[[int], T]:
    size = len(values)
    return lambda n: values[n % size]
