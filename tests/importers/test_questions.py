from __future__ import annotations

import pytest

from importers.errors import InvalidSettings
from importers.model import Choice, Question
from importers.questions import answered, in_words

FOLDERS = Question(
    name="folders",
    label="Folders",
    choices=tuple(Choice(name, name.capitalize()) for name in ("inbox", "drafts", "sent")),
    usual=("inbox", "sent"),
    several=True,
)
WHICH = Question(
    name="which", label="Which", choices=(Choice("all", "Every one"), Choice("first", "The first")), usual=("all",)
)
BOTH = (FOLDERS, WHICH)


@pytest.mark.parametrize(
    ("given", "answers"),
    [
        ({}, {"folders": ("inbox", "sent"), "which": ("all",)}),
        ({"folders": ()}, {"folders": ("inbox", "sent"), "which": ("all",)}),
        ({"folders": ("sent", "drafts", "sent")}, {"folders": ("drafts", "sent"), "which": ("all",)}),
        ({"which": ("first", "first")}, {"folders": ("inbox", "sent"), "which": ("first",)}),
    ],
)
def test_every_question_has_its_answer_in_the_order_of_its_choices(
    given: dict[str, tuple[str, ...]], answers: dict[str, tuple[str, ...]]
) -> None:
    assert answered("Messages", BOTH, given) == answers


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"folder": ("inbox",)}, r"Messages have no option 'folder'. There is: folders, which."),
        ({"folders": ("spam",)}, r"Messages have no 'spam' to choose for “folders”. There is: inbox, drafts, sent."),
        ({"which": ("all", "first")}, r"Messages take one answer for “which”, not 2. There is: all, first."),
    ],
)
def test_what_is_no_answer_is_refused_with_what_there_is(given: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        answered("Messages", BOTH, given)
    assert str(caught.value) == said
    assert caught.value.facts["field"] == "options"


def test_what_asks_nothing_takes_no_answers() -> None:
    assert answered("Deals", (), {}) == {}
    with pytest.raises(InvalidSettings, match=r"Deals have no option 'folders'\. There is: none\."):
        answered("Deals", (), {"folders": ("inbox",)})


def test_only_what_is_unusual_is_worth_words() -> None:
    assert in_words(BOTH, {"folders": ("sent", "inbox"), "which": ("first",)}) == ["which: the first"]
    assert in_words(BOTH, {"folders": ("drafts", "sent")}) == ["folders: drafts, sent"]
    assert in_words(BOTH, {}) == []
