"""What an entity lets one choose beside filter, status and columns, and what each answer does to its list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importers.model import Choice, Question
from importers.questions import Answers
from importers.sources.pipedrive.pages import Detail, List

Act = Callable[[List, tuple[str, ...]], List]
"""The list as an answer makes it."""


@dataclass(frozen=True, slots=True)
class Option:
    """
    A question and what its answer does. A column that comes with an answer and
    was chosen by itself brings its answer along.
    """

    question: Question
    act: Act

    @property
    def brings(self) -> Mapping[str, tuple[str, ...]]:
        """The columns that come with an answer, where any do."""
        return {choice.value: choice.brings for choice in self.question.choices if choice.brings}


def arranged(where: List, options: Sequence[Option], answers: Answers) -> List:
    """*where* as the answers make it, which answer every question."""
    for option in options:
        where = option.act(where, answers[option.question.name])
    return where


def brought_by(options: Sequence[Option], answers: Answers) -> list[str]:
    """The keys of the columns that come with the answers."""
    return [
        key for option in options for answer in answers[option.question.name] for key in option.brings.get(answer, ())
    ]


def implied_by(options: Sequence[Option], answers: Answers, columns: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The answers, and those without which a chosen column would stay empty."""
    implied = {
        option.question.name: (answer,)
        for option in options
        for answer, keys in option.brings.items()
        if set(keys) & set(columns)
    }
    return {**answers, **implied}


# --- mail ---------------------------------------------------------------------

_FOLDERS = ("inbox", "drafts", "sent", "archive")
ALL_FOLDERS = tuple({"folder": folder} for folder in _FOLDERS)
"""A list of threads must be told its folder."""


def _in_folders(where: List, folders: tuple[str, ...]) -> List:
    if where.per:
        return _per(where, parents=_in_folders(where.per.parents, folders))
    return replace(where, parts=tuple({"folder": folder} for folder in folders))


def _one_of_each(where: List, answer: tuple[str, ...]) -> List:
    return _per(where, picks="" if answer == ("all",) else answer[0])


def _per(where: List, **changes: Any) -> List:
    return replace(where, per=replace(where.per, **changes)) if where.per else where


def _with(detail: Detail) -> Act:
    return lambda where, answer: where if answer == ("none",) else replace(where, detail=detail)


IN_FOLDERS = Option(
    Question(
        name="folders",
        label="Folders",
        choices=tuple(Choice(folder, folder.capitalize()) for folder in _FOLDERS),
        usual=_FOLDERS,
        several=True,
        help="A thread that lies in two of them comes once.",
    ),
    _in_folders,
)

WHICH_MESSAGES = Option(
    Question(
        name="messages",
        label="Messages",
        choices=(
            Choice("all", "Every message"),
            Choice("first", "The first of each thread"),
            Choice("latest", "The latest of each thread"),
        ),
        usual=("all",),
    ),
    _one_of_each,
)

_TEXT = Detail(
    path="/mailbox/mailMessages/{id}",
    version="v1",
    cost=2,
    key="body",
    params={"include_body": "1"},
    flag="has_body_flag",
)

WITH_TEXT = Option(
    Question(
        name="text",
        label="Text of the messages",
        choices=(
            Choice("none", "Only how they begin"),
            Choice("whole", "Whole, as plain text", brings=("body", "body_missing")),
        ),
        usual=("none",),
        help="The whole text takes one more request for each message, at 2 tokens.",
    ),
    _with(_TEXT),
)


# --- what hangs on deals --------------------------------------------------------

_ARCHIVED = List("/deals/archived", "v2", 20, windows=("updated_since", "updated_until"))


def _of_deals(where: List, which: tuple[str, ...]) -> List:
    if where.per is None or which == ("current",):
        return where
    current = where.per.parents
    return _per(where, parents=replace(current, then=_ARCHIVED) if "current" in which else _ARCHIVED)


OF_DEALS = Option(
    Question(
        name="deals",
        label="Of which deals",
        choices=(Choice("current", "Current ones"), Choice("archived", "Archived ones")),
        usual=("current",),
        several=True,
    ),
    _of_deals,
)
