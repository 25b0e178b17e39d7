"""Settings from the environment: all problems at once, nothing guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from importers.config import Settings, Smtp, google_key_from_env, is_loopback
from importers.errors import InvalidSettings
from importers.secret import Secret

PRODUCTION = {
    "PIPESHEET_ENVIRONMENT": "production",
    "PIPESHEET_SECRET_KEYS": "one, two,",
    "PIPESHEET_SESSION_KEY": "signing",
    "REDIS_URL": "redis://redis:6379/0",
}


def test_an_empty_environment_suits_a_laptop():
    settings = Settings.from_env({})
    assert settings.home == Path("~/.pipesheet").expanduser()
    assert settings.database_url == f"sqlite:///{settings.home / 'pipesheet.db'}"
    assert (settings.redis_url, settings.port, settings.is_production, settings.sandbox) == ("", 8000, False, False)
    assert settings.workbooks == settings.home / "workbooks"


def test_everything_can_be_set(tmp_path: Path):
    settings = Settings.from_env(
        {
            **PRODUCTION,
            "PIPESHEET_HOME": str(tmp_path),
            "DATABASE_URL": "postgresql+psycopg://db/pipesheet",
            "PIPESHEET_PUBLIC_URL": "https://sheets.example.com/",
            "PORT": " 9000 ",
            "PIPESHEET_PROXIES": "2",
            "PIPESHEET_SANDBOX": "true",
            "PIPESHEET_LOG_LEVEL": "DEBUG",
            "GOOGLE_QUOTA_PROJECT": "600",
            "GOOGLE_QUOTA_USER": "120",
            "GOOGLE_API_KEY": "an API key",
            "PIPESHEET_REROUTE": "*.Pipedrive.com=http://127.0.0.1:8100/, api.example.com = http://[::1]:1",
        }
    )
    assert settings.secret_keys == (Secret("one"), Secret("two"))
    assert settings.session_key == Secret("signing")
    assert (settings.home, settings.database_url) == (tmp_path, "postgresql+psycopg://db/pipesheet")
    assert (settings.public_url, settings.port, settings.log_level) == ("https://sheets.example.com", 9000, "DEBUG")
    assert settings.reroutes == {"*.pipedrive.com": "http://127.0.0.1:8100", "api.example.com": "http://[::1]:1"}
    assert settings.is_production
    assert settings.sandbox
    assert settings.proxies == 2
    assert (settings.google_quota_project, settings.google_quota_user) == (600, 120)
    assert settings.google_api_key == Secret("an API key")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "localhost:6379"),
        ("PIPESHEET_PUBLIC_URL", "sheets.example.com"),
        ("PIPESHEET_PROXIES", "10"),
        ("PIPESHEET_PROXIES", "-1"),
        ("PIPESHEET_PROXIES", "yes"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "eight thousand"),
        ("PIPESHEET_ENVIRONMENT", "prod"),
        ("PIPESHEET_SANDBOX", "yes"),
        ("PIPESHEET_LOG_LEVEL", "info"),
        ("GOOGLE_QUOTA_PROJECT", "0"),
        ("GOOGLE_QUOTA_USER", "-1"),
        ("GOOGLE_QUOTA_USER", "many"),
        ("GOOGLE_PROJECT_NUMBER", "my-project"),
        ("PIPESHEET_REROUTE", "*.pipedrive.com"),
        ("PIPESHEET_REROUTE", "*.pipedrive.com=https://evil.example.com"),
        ("PIPESHEET_REROUTE", "*.pipedrive.com=http://127.0.0.1.evil.example.com"),
        ("PIPESHEET_REROUTE", "*.pipedrive.com=http://10.0.0.1"),
    ],
)
def test_what_is_nearly_right_is_refused_by_name(name: str, value: str):
    with pytest.raises(InvalidSettings, match=name):
        Settings.from_env({name: value})


def test_all_problems_are_told_at_once():
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_env({"PORT": "x", "REDIS_URL": "x", "PIPESHEET_SANDBOX": "x"})
    assert all(name in caught.value.message for name in ("PORT", "REDIS_URL", "PIPESHEET_SANDBOX"))


@pytest.mark.parametrize("name", ["PIPESHEET_SECRET_KEYS", "PIPESHEET_SESSION_KEY", "REDIS_URL"])
def test_production_has_no_defaults_for_what_matters(name: str):
    assert Settings.from_env(PRODUCTION).is_production
    with pytest.raises(InvalidSettings, match=f"{name} must be set in production"):
        Settings.from_env({key: value for key, value in PRODUCTION.items() if key != name})


def test_a_value_may_come_from_a_file(tmp_path: Path):
    (tmp_path / "key").write_text("from a file\n")
    settings = Settings.from_env({"PIPESHEET_SESSION_KEY_FILE": str(tmp_path / "key")})
    assert settings.session_key == Secret("from a file")


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path):
    with pytest.raises(InvalidSettings, match="PIPESHEET_SESSION_KEY_FILE"):
        Settings.from_env({"PIPESHEET_SESSION_KEY_FILE": str(tmp_path / "missing")})


def test_no_secret_is_shown():
    shown = repr(
        Settings.from_env({**PRODUCTION, "PIPESHEET_SECRET_KEYS": "hunter2", "PIPESHEET_SESSION_KEY": "hunter2"})
    )
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("host", "answer"),
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_this_machine_is_known_without_asking_a_name_server(host: str, answer: bool):
    assert is_loopback(host) is answer


@pytest.mark.parametrize(("one", "other"), [("ID", "SECRET"), ("SECRET", "ID")])
@pytest.mark.parametrize("vendor", ["PIPEDRIVE", "GOOGLE"])
def test_an_app_is_set_whole_or_not_at_all(vendor: str, one: str, other: str):
    with pytest.raises(InvalidSettings, match=f"{vendor}_CLIENT_{one} is set, but {vendor}_CLIENT_{other} is not"):
        Settings.from_env({f"{vendor}_CLIENT_{one}": "x"})
    settings = Settings.from_env({f"{vendor}_CLIENT_ID": "x", f"{vendor}_CLIENT_SECRET": "a secret"})
    assert Secret("a secret") in (settings.pipedrive_client_secret, settings.google_client_secret)
    assert "a secret" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "number"),
    [
        ({}, ""),
        ({"GOOGLE_CLIENT_ID": "418290563107-abc.apps.googleusercontent.com"}, "418290563107"),
        ({"GOOGLE_CLIENT_ID": "418290563107-abc", "GOOGLE_PROJECT_NUMBER": "7"}, "7"),
        ({"GOOGLE_CLIENT_ID": "odd"}, ""),
    ],
)
def test_the_number_of_a_google_project_is_what_its_client_ids_begin_with(environ: dict[str, str], number: str):
    secret = {"GOOGLE_CLIENT_SECRET": "x"} if environ else {}
    assert Settings.from_env({**environ, **secret}).google_project_number == number


def test_google_is_asked_of_nobody_in_production():
    settings = Settings.from_env(PRODUCTION)
    assert (settings.google_client_id, settings.google_client_secret, settings.google_api_key) == ("", None, None)


def test_the_key_of_a_service_account_comes_from_the_file_that_is_named(tmp_path: Path):
    (tmp_path / "key.json").write_text('{"type": "service_account"}\n')
    environ = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}
    assert google_key_from_env(environ) == Secret('{"type": "service_account"}')


@pytest.mark.parametrize(("environ", "says"), [({}, "is not set"), ({"GOOGLE_APPLICATION_CREDENTIALS": "/no"}, "/no")])
def test_a_key_of_a_service_account_that_is_not_there_is_told(environ: dict[str, str], says: str):
    with pytest.raises(InvalidSettings, match=f"GOOGLE_APPLICATION_CREDENTIALS .*{says}"):
        google_key_from_env(environ)


def test_the_secret_of_an_app_may_lie_in_a_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("a secret\n")
    env = {"PIPEDRIVE_CLIENT_ID": "x", "PIPEDRIVE_CLIENT_SECRET_FILE": str(file)}
    assert Settings.from_env(env).pipedrive_client_secret == Secret("a secret")


@pytest.mark.parametrize(
    ("environ", "smtp"),
    [
        ({}, None),
        (
            {"SMTP_URL": "smtp://ann%40x.org:p%2Fw@mail.x.org/?starttls=1"},
            Smtp("mail.x.org", 587, "ann@x.org", "ann@x.org", Secret("p/w"), "starttls"),
        ),
        (
            {"SMTP_URL": "smtps://ann:pw@mail.x.org", "SMTP_FROM": "pipesheet@x.org"},
            Smtp("mail.x.org", 465, "pipesheet@x.org", "ann", Secret("pw"), "tls"),
        ),
        (
            {"SMTP_URL": "smtp://127.0.0.1:2525", "SMTP_FROM": "p@x.org"},
            Smtp("127.0.0.1", 2525, "p@x.org", security="none"),
        ),
        (
            {"SMTP_URL": "smtp://relay.x.org:25/?starttls=0", "SMTP_FROM": "p@x.org"},
            Smtp("relay.x.org", 25, "p@x.org", security="none"),
        ),
        (
            {"SMTP_HOST": "mail.x.org", "SMTP_USER": "ann@x.org", "SMTP_PASSWORD": "pw"},
            Smtp("mail.x.org", 587, "ann@x.org", "ann@x.org", Secret("pw"), "starttls"),
        ),
        (
            {"SMTP_HOST": "mail.x.org", "SMTP_PORT": "465", "SMTP_FROM": "p@x.org"},
            Smtp("mail.x.org", 465, "p@x.org", security="tls"),
        ),
    ],
)
def test_the_mail_server_is_named_by_one_address_or_in_parts(environ: dict[str, str], smtp: Smtp | None):
    assert Settings.from_env(environ).smtp == smtp


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"SMTP_URL": "mail.x.org:587"}, "SMTP_URL must look like"),
        ({"SMTP_URL": "smtp://ann:hunter2@mail.x.org:99999", "SMTP_FROM": "p@x.org"}, "SMTP_URL must look like"),
        (
            {"SMTP_URL": "smtp://ann:hunter2@mail.x.org/?starttls=yes", "SMTP_FROM": "p@x.org"},
            "SMTP_URL must look like",
        ),
        ({"SMTP_URL": "smtp://ann:hunter2@mail.x.org/?ssl=1", "SMTP_FROM": "p@x.org"}, "SMTP_URL must look like"),
        ({"SMTP_URL": "smtp://ann:hunter2@mail.x.org"}, "SMTP_FROM must be"),
        ({"SMTP_URL": "smtp://ann:hunter2@mail.x.org/?starttls=0", "SMTP_FROM": "p@x.org"}, "readable for everybody"),
        ({"SMTP_URL": "smtp://ann@mail.x.org", "SMTP_FROM": "p@x.org"}, "user without a password"),
        ({"SMTP_HOST": "mail.x.org", "SMTP_PORT": "smtp", "SMTP_FROM": "p@x.org"}, "SMTP_PORT is"),
        ({"SMTP_HOST": "mail.x.org", "SMTP_FROM": "Pipesheet <p@x.org>"}, "SMTP_FROM must be"),
        ({"SMTP_FROM": "p@x.org"}, "SMTP_HOST is not set"),
    ],
)
def test_a_mail_server_that_makes_no_sense_is_refused_without_repeating_its_password(
    environ: dict[str, str], says: str
):
    with pytest.raises(InvalidSettings, match=says) as caught:
        Settings.from_env(environ)
    assert "hunter2" not in str(caught.value)


def test_runs_per_connection_and_how_long_things_are_kept_have_usual_values():
    settings = Settings.from_env({})
    assert (settings.runs_per_connection, settings.keep_events_days, settings.keep_runs_days) == (3, 30, 365)
    environ = {"PIPESHEET_RUNS_PER_CONNECTION": "8", "PIPESHEET_KEEP_EVENTS_DAYS": "7"}
    chosen = Settings.from_env({**environ, "PIPESHEET_KEEP_RUNS_DAYS": "90"})
    assert (chosen.runs_per_connection, chosen.keep_events_days, chosen.keep_runs_days) == (8, 7, 90)


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "1000000000", "٣"])
def test_a_number_that_is_none_is_refused(text: str):
    with pytest.raises(InvalidSettings, match="PIPESHEET_RUNS_PER_CONNECTION is"):
        Settings.from_env({"PIPESHEET_RUNS_PER_CONNECTION": text})
