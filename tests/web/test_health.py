from __future__ import annotations

import json

from importers.services import Services
from importers.services.health import Check, Checkup, Health
from tests.web.browser import Browser


def test_it_says_which_part_does_not_answer(visitor: Browser, services: Services):
    services.health.beat("worker")
    answer = visitor.client.get("/healthz")
    told = json.loads(answer.text)
    assert answer.status_code == 503
    assert told["ok"] is False
    assert told["database"]["ok"] is True
    assert told["worker"]["ok"] is True
    assert told["redis"]["ok"] is False
    assert told["redis"]["detail"]


def test_it_is_well_when_all_of_them_are(visitor: Browser, monkeypatch):  # type: ignore[no-untyped-def]
    # No Redis runs beside these tests, and nothing else can make the checkup good.
    monkeypatch.setattr(Health, "check", lambda self: Checkup((Check("redis", True, "Redis answers."),)))
    answer = visitor.client.get("/healthz")
    assert answer.status_code == 200
    assert json.loads(answer.text) == {"ok": True, "redis": {"ok": True, "detail": "Redis answers."}}


def test_nobody_needs_to_sign_in_for_it(visitor: Browser):
    assert visitor.client.get("/healthz").mimetype == "application/json"
