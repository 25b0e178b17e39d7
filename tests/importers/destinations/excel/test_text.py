from __future__ import annotations

from xml.etree.ElementTree import fromstring

from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from importers.destinations.excel.names import MAX_TEXT, units
from importers.destinations.excel.text import CUT_MARK, escaped, escaped_together, fitted, unescaped

WHOLE_CHARACTERS = st.text(st.characters(exclude_categories=["Cs"]))


@given(WHOLE_CHARACTERS)
@example("_x005F_x0041_")
@example("\r\n_x000D_]]>")
def test_any_text_survives_xml(text):
    element = fromstring(f'<t xml:space="preserve">{escaped(text)}</t>')
    assert unescape(element.text or "") == text
    assert unescaped(escaped(text)) == text


@given(st.lists(st.one_of(WHOLE_CHARACTERS, st.text(st.characters()))))
def test_texts_treated_together_come_out_as_one_by_one(texts):
    together = escaped_together(texts)
    assert together is None or together == [escaped(text) for text in texts]


@given(st.text(st.characters()))
def test_half_characters_become_one_that_can_be_written(text):
    escaped(text).encode()


def test_ordinary_texts_take_the_quick_way():
    assert escaped_together(["Süd & West", "<Nord>", "", "a\nb\tc"]) == [
        "Süd &amp; West",
        "&lt;Nord&gt;",
        "",
        "a\nb\tc",
    ]


def test_a_text_that_fits_is_left_alone():
    text = "😀" * (MAX_TEXT // 2)
    assert fitted(text) is text


@given(st.integers(MAX_TEXT, MAX_TEXT + 40), st.integers(0, 40))
def test_a_cut_text_is_as_long_as_it_may_be_and_says_so(length, wide):
    text = "x" * length + "😀" * wide + "y" * 50
    cut = fitted(text)
    assert cut.endswith(CUT_MARK)
    assert MAX_TEXT - 1 <= units(cut) <= MAX_TEXT


def test_wide_characters_are_never_cut_in_half():
    cut = fitted("ab" + "😀" * MAX_TEXT)
    assert units(cut) == MAX_TEXT
    cut.encode()
