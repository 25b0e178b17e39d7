"""Letters to Slack: what arrives, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from importers.channels.outside import Outside
from importers.channels.slack import SlackCarrier
from importers.channels.wording import Places
from importers.errors import InvalidSettings, RateLimited, ServiceTrouble
from importers.notices import ChannelKind, Letter
from importers.secret import Secret
from tests.importers.channels.letters import a_channel, a_letter, several
from tests.importers.channels.listener import Listener, listening

PLACES = Places("https://sheets.example.com/")


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def carry(listener: Listener, letter: Letter | None = None, places: Places = PLACES) -> str:
    carrier = SlackCarrier(Outside(to_here=True), places)
    return carrier.carry(letter or a_letter(), a_channel(ChannelKind.SLACK, "127.0.0.1"), Secret(listener.url))


def texts(listener: Listener) -> list[str]:
    message = json.loads(listener.heard[-1].body)
    return [block["text"]["text"] for block in message["blocks"]]


def test_it_says_what_happened_what_it_means_and_what_to_do(listener: Listener):
    assert carry(listener) == "127.0.0.1 answered 200: ok"
    title, told, link = texts(listener)
    assert title == "“Deals” failed"
    assert told.splitlines() == [a_letter().what, a_letter().means, a_letter().do]
    assert link == "<https://sheets.example.com/runs/7|Open in Pipesheet>"
    assert json.loads(listener.heard[0].body)["text"] == "“Deals” failed"


def test_without_an_address_of_ours_there_is_no_link(listener: Listener):
    carry(listener, a_letter(subjects=several("Deals")), Places(""))
    assert "http" not in listener.heard[0].body.decode()
    assert texts(listener)[-1] == "• *Deals*: trouble 1"


def test_names_cannot_mention_everybody_or_lead_elsewhere(listener: Listener):
    carry(listener, a_letter(title="<!channel>\n& co", what="<https://evil|here>", subjects=several("<!here>|x")))
    assert json.loads(listener.heard[0].body)["text"] == "&lt;!channel&gt; &amp; co"
    body = listener.heard[0].body.decode()
    assert "<!here>" not in body
    assert "<https://evil" not in body


def test_each_importer_is_listed_with_its_own_link(listener: Listener):
    carry(listener, a_letter(subjects=several("Deals", "Persons")))
    assert texts(listener)[2].splitlines() == [
        "• <https://sheets.example.com/runs/1|Deals>: trouble 1",
        "• <https://sheets.example.com/runs/2|Persons>: trouble 2",
    ]


def test_a_list_too_long_for_slack_says_how_many_more_there_are(listener: Listener):
    names = [f"Importer {number} {'&' * 200}" for number in range(60)]
    carry(listener, a_letter(title="t" * 400, what="&" * 5000, subjects=several(*names)))
    assert all(len(text) <= 3000 for text in texts(listener))
    assert len(texts(listener)[0]) == 150
    shown = texts(listener)[2].splitlines()
    assert shown[-1] == f"and {60 - len(shown) + 1} more"


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (404, "no_service", InvalidSettings),
        (403, "invalid_token", InvalidSettings),
        (500, "rollup_error", ServiceTrouble),
        (302, "", InvalidSettings),
    ],
)
def test_a_refusal_is_told_in_slacks_own_words(listener: Listener, status: int, said: str, error: type[Exception]):
    listener.answer(status, said)
    with pytest.raises(error, match=f"127.0.0.1 answered {status}.*{said}"):
        carry(listener)


def test_it_heeds_when_slack_asks_to_slow_down(listener: Listener):
    listener.answer(429, "rate_limited", Retry_After="30")
    with pytest.raises(RateLimited) as caught:
        carry(listener)
    assert caught.value.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize("whole", [True, False])
def test_an_answer_that_repeats_the_address_is_not_passed_on(listener: Listener, whole: bool):
    path = "/hook/T0/B0/very-secret-path?key=hidden"
    listener.answer(404, f"no such hook: {listener.url}" if whole else f"Cannot POST {path}, 'B0\\/very-secret-path'")
    with pytest.raises(InvalidSettings, match="answered 404") as caught:
        carry(listener)
    assert "very-secret-path" not in str(caught.value)
    assert "hidden" not in str(caught.value)
