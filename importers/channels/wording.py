"""A letter as plain text."""

from __future__ import annotations

from importers.notices import Letter, Subject

_MOST_LISTED = 50
"""Of the importers a letter is about; how many more there are is said."""


class Places:
    """Where the pages are; without an address of this installation there are no links."""

    def __init__(self, public_url: str) -> None:
        self._base = public_url.rstrip("/")

    def url(self, path: str) -> str:
        return f"{self._base}{path}" if self._base else ""


def listed(letter: Letter) -> tuple[tuple[Subject, ...], int]:
    """The subjects to name, and how many more there are."""
    return letter.subjects[:_MOST_LISTED], max(0, len(letter.subjects) - _MOST_LISTED)


def one_line(text: str) -> str:
    """Names may hold line breaks, and subjects of letters must not."""
    return " ".join(text.split())


def plain(letter: Letter, places: Places) -> str:
    blocks = [letter.what, letter.means, letter.do]
    subjects, more = listed(letter)
    lines = [_subject_line(subject, places) for subject in subjects]
    if more:
        lines.append(f"- and {more} more")
    blocks.append("\n".join(lines))
    blocks.append(places.url(letter.path))
    return "\n\n".join(filter(None, blocks))


def _subject_line(subject: Subject, places: Places) -> str:
    told = f"- {one_line(subject.name)}" + (f": {one_line(subject.text)}" if subject.text else "")
    link = places.url(subject.path)
    return f"{told}\n  {link}" if link else told
