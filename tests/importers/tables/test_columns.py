from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.tables.columns import Wish, readable, unique_headers

KEY = re.compile(r"[0-9a-f]{40}")


def headers(*wishes: tuple[str, str]) -> list[str]:
    return unique_headers([Wish(header, tag) for header, tag in wishes])


def test_a_name_nobody_shares_stays_as_it_is() -> None:
    assert headers(("ID", ""), ("Industry", "a1b2c3")) == ["ID", "Industry"]


def test_shared_names_are_told_apart_by_their_keys() -> None:
    assert headers(("Industry", "a1b2c3"), ("Industry", "d4e5f6")) == ["Industry (a1b2)", "Industry (d4e5)"]


def test_names_that_differ_only_in_case_are_shared_names() -> None:
    assert headers(("Industry", "a1b2c3"), ("INDUSTRY", "d4e5f6")) == ["Industry (a1b2)", "INDUSTRY (d4e5)"]


def test_a_fixed_name_stays_and_the_other_gives_way() -> None:
    assert headers(("Title", ""), ("title", "a1b2c3")) == ["Title", "title (a1b2)"]


def test_the_suffix_grows_where_four_characters_are_not_enough() -> None:
    assert headers(("X", "a1b2c3"), ("X", "a1b2d4")) == ["X (a1b2c)", "X (a1b2d)"]


def test_a_name_that_imitates_a_suffix_is_left_alone() -> None:
    assert headers(("X", "a1b2c3"), ("X", "d4e5f6"), ("X (a1b2)", "ffff00")) == ["X (a1b2c)", "X (d4e5f)", "X (a1b2)"]


def test_the_same_column_twice_is_counted() -> None:
    assert headers(("X", ""), ("X", "")) == ["X", "X (2)"]


@pytest.mark.parametrize("name", ["", " \n ", "0123456789abcdef" * 3, "ABCDEF0123" * 4])
def test_a_name_nobody_can_read_is_replaced(name: str) -> None:
    assert readable(name) == "Unnamed field"


def test_a_header_stands_on_one_line() -> None:
    assert readable("  Two\n lines\t") == "Two lines"


_NAMES = st.text(max_size=6) | st.sampled_from(["X", "x", "X (a1b2)", "X (2)", "a" * 40, "ß", "ss", "ﬁ", "fi"])
_TAGS = st.just("") | st.text("0123456789abcdef", min_size=40, max_size=40)
_WISHES = st.lists(st.builds(Wish, _NAMES, _TAGS), max_size=12)


@given(_WISHES)
def test_headers_are_unique_readable_and_as_many_as_wished(wishes: list[Wish]) -> None:
    found = unique_headers(wishes)
    assert len(found) == len(wishes)
    assert len({header.casefold() for header in found}) == len(found)
    assert all(header.strip() and not KEY.search(header) for header in found)


@given(_WISHES, st.randoms())
def test_the_order_of_fields_does_not_change_a_header(wishes: list[Wish], random: object) -> None:
    tagged = list({wish.tag: wish for wish in wishes if wish.tag}.values())
    shuffled = list(tagged)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    there = dict(zip((wish.tag for wish in tagged), unique_headers(tagged), strict=True))
    again = dict(zip((wish.tag for wish in shuffled), unique_headers(shuffled), strict=True))
    assert there == again
