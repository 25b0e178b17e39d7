"""Letters to an address of one's own: what arrives, and how to know that it is ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from importers.channels.outside import Outside
from importers.channels.webhook import WebhookCarrier
from importers.channels.wording import Places
from importers.errors import ServiceTrouble
from importers.notices import ChannelKind
from importers.secret import Secret
from tests.fakes import NEW_YEAR, FakeClock
from tests.importers.channels.letters import KEY, a_channel, a_letter, several
from tests.importers.channels.listener import Listener, listening

SECRET = "whsec_for-tests-only"
DOCS = Path(__file__).parents[3] / "docs/notices.md"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def carry(listener: Listener, clock: FakeClock, **changes: Any) -> str:
    carrier = WebhookCarrier(Outside(to_here=True), Places("https://sheets.example.com"), clock=clock)
    channel = a_channel(ChannelKind.WEBHOOK, "127.0.0.1")
    return carrier.carry(a_letter(**changes), channel, Secret(f"{SECRET} {listener.url}"))


def snippet() -> Any:
    """The function that the documentation gives to receivers."""
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/notices.md", "exec"), names)
    return names["is_from_pipesheet"]


def test_what_arrives_is_json_with_the_key_of_the_letter(listener: Listener, clock: FakeClock):
    assert carry(listener, clock, subjects=several("Deals")) == "127.0.0.1 answered 200: ok"
    [heard] = listener.heard
    assert heard.headers["Pipesheet-Notice"] == KEY
    assert json.loads(heard.body) == {
        "id": KEY,
        "type": "importer.failing",
        "at": NEW_YEAR.isoformat(),
        "workspace": "Acme",
        "title": "“Deals” failed",
        "what": a_letter().what,
        "means": a_letter().means,
        "do": a_letter().do,
        "url": "https://sheets.example.com/runs/7",
        "about": [{"importer_id": 1, "name": "Deals", "text": "trouble 1", "url": "https://sheets.example.com/runs/1"}],
        "more": 0,
    }


def test_the_only_importer_it_is_about_is_named_by_its_number_too(listener: Listener, clock: FakeClock):
    carry(listener, clock, about=several("Deals")[0])
    assert [about["importer_id"] for about in json.loads(listener.heard[0].body)["about"]] == [1]


def test_of_very_many_it_says_how_many_more_there_are(listener: Listener, clock: FakeClock):
    names = [f"Importer {number}" for number in range(1, 520)]
    carry(listener, clock, subjects=several(*names))
    told = json.loads(listener.heard[0].body)
    assert [about["name"] for about in told["about"]] == names[:500]
    assert told["more"] == 19


def test_the_documented_snippet_knows_our_letters(listener: Listener, clock: FakeClock):
    carry(listener, clock)
    [heard] = listener.heard
    said, now = heard.headers["Pipesheet-Signature"], NEW_YEAR.timestamp()
    is_ours = snippet()
    assert is_ours(heard.body, said, SECRET, now=now)
    assert is_ours(heard.body, said + ",v1=" + "0" * 64, SECRET, now=now)
    assert not is_ours(heard.body + b" ", said, SECRET, now=now)
    assert not is_ours(heard.body, said, "whsec_another", now=now)
    assert not is_ours(heard.body, said, SECRET, now=now + 301)
    assert not is_ours(heard.body, said.replace("t=1", "t=2"), SECRET, now=now)
    for nonsense in ("", "t=,v1=", "v1=abc", "t=abc,v1=abc"):
        assert not is_ours(heard.body, nonsense, SECRET, now=now)


def test_each_try_is_signed_anew_under_the_same_key(listener: Listener, clock: FakeClock):
    carry(listener, clock)
    clock.advance(minutes=30)
    carry(listener, clock)
    first, second = (heard.headers for heard in listener.heard)
    assert first["Pipesheet-Signature"] != second["Pipesheet-Signature"]
    assert first["Pipesheet-Notice"] == second["Pipesheet-Notice"]


def test_an_answer_that_repeats_secrets_is_not_passed_on(listener: Listener, clock: FakeClock):
    listener.answer(500, f"{SECRET} {listener.url}")
    with pytest.raises(ServiceTrouble) as caught:
        carry(listener, clock)
    assert SECRET not in str(caught.value)
    assert "very-secret-path" not in str(caught.value)
