"""What an entity lets one choose beside filter, status and columns: the answers, checked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from importers.errors import InvalidSettings
from importers.model import Question

Answers = Mapping[str, tuple[str, ...]]


def answered(label: str, questions: Sequence[Question], given: Answers) -> dict[str, tuple[str, ...]]:
    """
    The answer to each question, in the order of its choices: what was given,
    or the usual one where nothing was.

    Raises InvalidSettings for an answer to a question that *label* do not ask,
    and for one that is no choice; the message lists what there is.
    """
    names = [question.name for question in questions]
    for name in given:
        if name not in names:
            raise _refused(f"{label} have no option {name!r}.", names or ["none"])
    return {question.name: _answer(label, question, given.get(question.name, ())) for question in questions}


def _answer(label: str, question: Question, given: Sequence[str]) -> tuple[str, ...]:
    choices = [choice.value for choice in question.choices]
    for value in given:
        if value not in choices:
            raise _refused(f"{label} have no {value!r} to choose for “{question.name}”.", choices)
    if not question.several and len(set(given)) > 1:
        raise _refused(f"{label} take one answer for “{question.name}”, not {len(set(given))}.", choices)
    wanted = set(given or question.usual)
    return tuple(choice for choice in choices if choice in wanted)


def unusual(questions: Sequence[Question], given: Answers) -> dict[str, tuple[str, ...]]:
    """What there is to keep of *given*: answers, right or wrong, that are not the usual ones."""
    usual = {question.name: set(question.usual) for question in questions}
    return {name: tuple(answer) for name, answer in given.items() if answer and set(answer) != usual.get(name)}


def in_words(questions: Sequence[Question], given: Answers) -> list[str]:
    """Those answers that are not the usual ones: "folders: inbox, sent"."""
    kept = unusual(questions, given)
    return [
        f"{question.label.lower()}: {_labels(question, kept[question.name])}"
        for question in questions
        if question.name in kept
    ]


def _labels(question: Question, values: Iterable[str]) -> str:
    wanted = set(values)
    return ", ".join(choice.label.lower() for choice in question.choices if choice.value in wanted)


def _refused(message: str, there_is: Sequence[str]) -> InvalidSettings:
    return InvalidSettings(message, hint=f"There is: {', '.join(there_is)}.", field="options")
