"""HTML as text, and what strangers send instead of HTML."""

from __future__ import annotations

from time import process_time

import pytest

from importers.tables.prose import readable

LETTER = """<html><head><title>No</title><style>p{color:red}</style></head><body><div dir="ltr">Hello Bob,<br><br>
thanks &amp; see <a href="https://x.test/?a=1>2">the  offer</a>.<ul><li>one<li>two</ul>
<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td>2</td></tr></table></div><br>
<div>On Monday, Bob &lt;bob@x.test&gt; wrote:<br><blockquote style="margin:0"><p>First line</p><p>Second &nbsp; line</p>
<blockquote>Deeper</blockquote></blockquote></div><script>if (a < b) alert("<p>no</p>")</script>
<img src="data:image/png;base64,AAAA"><pre>  as
   typed</pre></body></html>"""


def test_a_letter_reads_as_it_looked() -> None:
    assert readable(LETTER) == (
        "Hello Bob,\n\nthanks & see the offer.\n\n- one\n- two\n\nA B\n1 2\n\n"
        "On Monday, Bob <bob@x.test> wrote:\n\n> First line\n>\n> Second line\n>\n> > Deeper\n\n  as\n   typed"
    )


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", ""),
        ("  \n", ""),
        ("no markup\r\nat all", "no markup\nat all"),
        ("1 < 2 & 3 > 2, says <bob@x.test>", "1 < 2 & 3 > 2, says <bob@x.test>"),
        ("<p>1 < 2</p>", "1 < 2"),
        ("<p>a</p><p></p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
        ("a<br><br><br>b<br/>c", "a\n\nb\nc"),
        ("<DIV>a</DIV><DIV>b</DIV>", "a\nb"),
        ("<p>a<!-- b <p>c</p> --> d</p>", "a d"),
        ("<a title='a>b' class=it's>c</a>", "c"),
        ("<head><style>x</style><body>y", "y"),
        ("<![if !mso]><p>a</p><![endif]>", "a"),
        ("<?xml version='1.0'?><p>a</p>", "a"),
        ("<p>a</blockquote>b</p>", "a\n\nb"),
        ("<p>caf&eacute; &#128578; &bogus;</p>", "café 🙂 &bogus;"),
        ("<div>" * 3000 + "x", "x"),
        ("<blockquote>" * 50 + "x", "> " * 20 + "x"),
        ("<p>a<script>never closed", "a"),
        ("<p>a<!-- never closed", "a"),
        ("<p>a<b never closed", "a"),
    ],
)
def test_whatever_comes_is_read(given: str, read: str) -> None:
    assert readable(given) == read


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<a ", '<a "', '<a ="', "<style ", "<style>", "<p>", "</p>", "<", "&", "= ", "<b = ", "<blockquote>x"],
)
def test_what_is_never_closed_takes_no_longer_than_it_is(piece: str) -> None:
    began = process_time()
    readable("<p>" + piece * 40_000)
    assert process_time() - began < 3  # the square of it would be minutes
