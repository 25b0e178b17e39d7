"""Columns that come along with an answer: what is ticked, what is answered and what the sheet gets must agree. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from importers.model import Choice, Question

Answers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Settled:
    answers: Answers
    columns: tuple[str, ...]


def settled(questions: Sequence[Question], given: Answers, picked: Sequence[str], before: Answers) -> Settled:
    """
    Columns that somebody picked, and the answers that go with them.

    An answer brings its columns. One of these that is picked brings the
    answer, unless that was just taken back: *before* are the answers until now.
    """
    answers, columns = dict(given), list(dict.fromkeys(picked))
    for question, choice in _bringing(questions):
        is_picked = not set(choice.brings).isdisjoint(columns)
        if not _is_answer(choice, question, answers):
            if is_picked and _is_answer(choice, question, before):
                columns = [key for key in columns if key not in choice.brings]
                continue
            if not is_picked:
                continue
            answers[question.name] = (
                (*answers.get(question.name, ()), choice.value) if question.several else (choice.value,)
            )
        columns += [key for key in choice.brings if key not in columns]
    return Settled(answers, tuple(columns))


def usual_with(questions: Sequence[Question], given: Answers, usual: Collection[str]) -> tuple[str, ...]:
    """The *usual* columns, with those that come along with the answers and without those that do not."""
    columns = list(usual)
    for question, choice in _bringing(questions):
        if _is_answer(choice, question, given):
            columns += [key for key in choice.brings if key not in columns]
        else:
            columns = [key for key in columns if key not in choice.brings]
    return tuple(columns)


def _bringing(questions: Sequence[Question]) -> Iterator[tuple[Question, Choice]]:
    return ((question, choice) for question in questions for choice in question.choices if choice.brings)


def _is_answer(choice: Choice, question: Question, answers: Answers) -> bool:
    return choice.value in (answers.get(question.name) or question.usual)
