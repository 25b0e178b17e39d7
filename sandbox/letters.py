"""The bodies of mail messages: HTML, as mail programs write it, each with what it answers quoted below."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_STYLE = "<style>p {margin: 0 0 1em} .sig {color: #888}</style>"


def body(texts: Sequence[str], writers: Sequence[str]) -> str:
    """The last of *texts*, with those before it quoted; each by its writer."""
    quoted = ""
    for text, writer in zip(texts, writers, strict=True):
        quoted = _letter(text, writer, quoted)
    return f'<html><head><meta charset="utf-8">{_STYLE}</head><body>{quoted}</body></html>'


def _letter(text: str, writer: str, answers: str) -> str:
    signature = f'<div class="sig">--&nbsp;<br>{escape(writer)}<br><a href="https://acme.test/">acme.test</a></div>'
    written = f'<div dir="ltr"><p>Hello,</p><p>{escape(text)}</p>{signature}</div>'
    if not answers:
        return written
    return f'{written}<div class="gmail_quote"><div>They wrote:<br></div><blockquote type="cite">{answers}</blockquote></div>'
