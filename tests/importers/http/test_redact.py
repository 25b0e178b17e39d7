import pytest

from importers.http.redact import bare_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://acme.pipedrive.com/v1/users/me?api_token=secret", "https://acme.pipedrive.com/v1/users/me"),
        ("https://me:secret@example.com:8443/a#secret", "https://example.com:8443/a"),
        ("http://127.0.0.1:8100", "http://127.0.0.1:8100"),
        ("http://[::1", "(unreadable address)"),
        ("http://host:secret/", "(unreadable address)"),
        ("", "://"),
    ],
)
def test_only_what_anybody_may_see_is_left(url: str, shown: str) -> None:
    assert bare_url(url) == shown
