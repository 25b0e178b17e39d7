"""Lines and layers behave like the plain lists they stand for, and share until somebody writes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.layers import Layer, Line

SIZE = 8
things = st.one_of(st.none(), st.integers(0, 9))
operations = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, SIZE - 1), things),
        st.tuples(st.just("insert"), st.integers(0, SIZE), st.integers(1, 3)),
        st.tuples(st.just("remove"), st.integers(0, SIZE - 1), st.integers(1, 3)),
        st.tuples(st.just("move"), st.integers(0, 4), st.integers(1, 3), st.integers(0, SIZE)),
    ),
    max_size=12,
)


def apply(line: Line, plain: list[Any], operation: tuple[Any, ...]) -> None:
    name, *how = operation
    if name == "set":
        line[how[0]] = plain[how[0]] = how[1]
    elif name == "insert":
        line.insert(how[0], [None] * how[1])
        plain[how[0] : how[0]] = [None] * how[1]
    elif name == "remove":
        line.remove(how[0], how[0] + how[1])
        del plain[how[0] : how[0] + how[1]]
        plain += [None] * how[1]
    else:
        start, end, to = how[0], how[0] + how[1], how[2]
        line.move(start, end, to)
        if not start <= to <= end:
            moved = plain[start:end]
            del plain[start:end]
            place = to if to < start else to - (end - start)
            plain[place:place] = moved


@given(operations)
def test_a_line_does_what_a_list_does(steps):
    line, plain = Line(), [None] * 60
    for step in steps:
        apply(line, plain, step)
        assert line.part(0, 50) == plain[:50]


@given(operations, operations)
def test_copies_do_not_see_each_other(before, after):
    line, plain = Line(), [None] * 60
    for step in before:
        apply(line, plain, step)
    twin, kept = line.copy(), list(plain)
    for step in after:
        apply(line, plain, step)
    assert twin.part(0, 50) == kept[:50]
    twin[3] = "mine"
    assert line.part(0, 50) == plain[:50]


def test_equal_rows_stay_one_thing_when_they_are_changed_together():
    layer = Layer()
    layer.fill(0, 1, 1000, ("a", "b"))
    layer.change_block(0, 0, 1000, 2, lambda thing: thing and thing.upper())
    assert layer.block(999, 0, 1000, 4) == [[None, "A", "b", None]]
    assert len({id(layer[row]) for row in range(1000)}) == 1


def test_what_is_emptied_takes_no_room():
    layer = Layer()
    layer.put_rows(2, 3, [("a", "b"), (None, "c")])
    layer.clear(0, 0, 10, 10)
    assert len(layer) == 0
