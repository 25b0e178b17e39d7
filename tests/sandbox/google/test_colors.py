from __future__ import annotations

from sandbox.google import colors


def test_a_color_is_told_under_both_its_names_and_without_its_zeros() -> None:
    given = {"backgroundColor": {"red": 0, "green": 1.0, "blue": 0.5}, "textFormat": {"bold": True}}

    assert colors.settled(given) == {
        "backgroundColor": {"green": 1, "blue": 0.49803922},
        "backgroundColorStyle": {"rgbColor": {"green": 1, "blue": 0.49803922}},
        "textFormat": {"bold": True},
    }


def test_the_newer_name_wins() -> None:
    given = {"tabColor": {"red": 1}, "tabColorStyle": {"rgbColor": {"blue": 1}}}

    assert colors.settled(given)["tabColor"] == {"blue": 1}


def test_a_color_of_the_theme_has_no_older_name() -> None:
    assert colors.settled({"tabColorStyle": {"themeColor": "ACCENT1"}}) == {"tabColorStyle": {"themeColor": "ACCENT1"}}


def test_what_google_answered_once_stays_as_it_is() -> None:
    steps = [0.25882354, 0.52156866, 0.95686275, 0.003921569, 0.8, 0.06666667]

    assert [colors.settled([{"red": step}])[0]["red"] for step in steps] == steps


def test_black_is_empty() -> None:
    assert colors.settled({"foregroundColor": {"red": 0, "green": 0}}) == {
        "foregroundColor": {},
        "foregroundColorStyle": {"rgbColor": {}},
    }
