"""Whose calls are counted together, and what may stand in a header."""

from __future__ import annotations

import pytest

from importers.errors import CredentialsRejected
from importers.secret import Secret
from importers.sources.pipedrive.signin import ApiToken, identity_of_app_user


def test_calls_of_one_app_for_one_user_are_counted_together_whatever_token_they_carry():
    assert identity_of_app_user("app", 7, 11) == identity_of_app_user("app", 7, 11)
    others = {identity_of_app_user(*who) for who in (("app", 7, 12), ("app", 8, 11), ("other", 7, 11), ("app", 71, 1))}
    assert len(others | {identity_of_app_user("app", 7, 11)}) == 5


@pytest.mark.parametrize("text", ["two words", "line\nbreak", "naïve", "\x00"])
def test_what_cannot_stand_in_a_header_is_no_token(text: str):
    with pytest.raises(CredentialsRejected, match="cannot be an API token") as caught:
        ApiToken(Secret(text))
    assert text not in str(caught.value)


def test_an_api_token_has_nothing_newer_and_no_limits_of_an_app():
    token = ApiToken(Secret("f" * 40))
    assert token.headers() == {"x-api-token": "f" * 40}
    assert not token.is_renewed(token.headers())
    assert token.scopes is None
    assert "f" * 40 not in str(token.rejected())
