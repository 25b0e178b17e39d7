"""Letters to Slack, by an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""

from __future__ import annotations

import json
from typing import Any

from importers.channels.answers import told
from importers.channels.outside import Outside
from importers.channels.wording import Places, listed, one_line
from importers.notices import Channel, Letter, Subject
from importers.secret import Secret

_LONGEST_TEXT = 2900
"""Characters of a section's text; Slack takes 3,000."""

_LONGEST_HEADER = 150


class SlackCarrier:
    """Implements `interfaces.Carrier`. Slack knows no keys: a letter that is sent twice appears twice."""

    def __init__(self, outside: Outside, places: Places) -> None:
        self._outside = outside
        self._places = places

    def carry(self, letter: Letter, channel: Channel, secret: Secret) -> str:
        body = json.dumps(self._message(letter)).encode()
        answer = self._outside.post(secret, body, {"Content-Type": "application/json; charset=utf-8"})
        return told(channel.place, answer, url=secret.reveal())

    def _message(self, letter: Letter) -> dict[str, Any]:
        title = one_line(letter.title)
        link = self._places.url(letter.path)
        texts = [
            _escaped("\n".join(filter(None, (letter.what, letter.means, letter.do)))),
            self._list(letter),
            f"<{link}|Open in Pipesheet>" if link else "",
        ]
        header = {"type": "header", "text": {"type": "plain_text", "text": title[:_LONGEST_HEADER]}}
        return {"text": _escaped(title), "blocks": [header, *map(_section, filter(None, texts))]}

    def _list(self, letter: Letter) -> str:
        """As many as fit; a cut in the middle of a link would show its markup."""
        subjects, more = listed(letter)
        lines: list[str] = []
        for place, subject in enumerate(subjects):
            line = self._line(subject)
            if sum(map(len, lines)) + len(lines) + len(line) > _LONGEST_TEXT:
                more += len(subjects) - place
                break
            lines.append(line)
        return "\n".join([*lines, *([f"and {more} more"] if more else [])])

    def _line(self, subject: Subject) -> str:
        link, name = self._places.url(subject.path), _escaped(one_line(subject.name), 300)
        shown = f"<{link}|{name.replace('|', '¦')}>" if link else f"*{name}*"
        text = _escaped(one_line(subject.text), 600)
        return f"• {shown}" + (f": {text}" if text else "")


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
"""https://docs.slack.dev/messaging/formatting-message-text#escaping"""


def _escaped(text: str, most: int = _LONGEST_TEXT) -> str:
    """At most *most* characters, and none of them half of what stands for one."""
    shown = ""
    for piece in (_ENTITIES.get(character, character) for character in text):
        if len(shown) + len(piece) >= most:
            return shown + "…"
        shown += piece
    return shown


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
