from __future__ import annotations

import pytest

from sandbox.google import masks


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("note", ("note",)),
        ("a,b", ("a", "b")),
        (
            "gridProperties/rowCount,gridProperties/columnCount",
            ("gridProperties.rowCount", "gridProperties.columnCount"),
        ),
        ("userEnteredFormat(bold, italic)", ("userEnteredFormat.bold", "userEnteredFormat.italic")),
        ("a(b/c,d.e),f", ("a.b.c", "a.d.e", "f")),
        ("a,a.b", ("a",)),
        ("a.b,a", ("a",)),
        ("a.*", ("a",)),
        ("a(*)", ("a",)),
        ("*", ("*",)),
        ("*,a", ("*",)),
        ("*/title", ("*.title",)),
    ],
)
def test_it_reads_the_ways_google_lets_one_write_them(text: str, paths: tuple[str, ...]) -> None:
    assert masks.paths(text) == paths


@pytest.mark.parametrize("text", ["", "a,", ",a", "a(", "a)", "a()", "a..b", "a b", "(a)", "a(b", "a(b)c", "a;b"])
def test_it_refuses_what_is_no_mask(text: str) -> None:
    with pytest.raises(masks.BadMaskError):
        masks.parse(text)


def test_it_knows_what_is_selected_wholly_and_what_in_part() -> None:
    mask = masks.parse("sheets(properties,data.rowData.values.note)")

    assert mask.selects("sheets.properties")
    assert mask.selects("sheets.properties.title")
    assert not mask.selects("sheets.data")
    assert mask.touches("sheets.data")
    assert not mask.touches("sheets.merges")
    below = mask.below("sheets.data")
    assert below is not None
    assert below.paths() == ("rowData.values.note",)
    assert mask.below("properties") is None


def test_an_asterisk_selects_everything() -> None:
    assert masks.parse("*").selects("anything.at.all")


def test_it_keeps_what_is_selected_and_looks_through_lists() -> None:
    body = {"a": [{"b": 1, "c": 2}, {"c": 3}, {"b": {"d": 4}}], "e": 5}

    assert masks.parse("a.b").kept(body) == {"a": [{"b": 1}, {}, {"b": {"d": 4}}]}
    assert masks.parse("*").kept(body) == body
    assert masks.parse("x").kept(body) == {}
