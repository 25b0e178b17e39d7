"""Which sandboxes the last start of a home folder used."""

from pathlib import Path

from pipesheet.sandbox_home import remember, reroutes_of_last_start

PIPEDRIVE = "*.pipedrive.com=http://127.0.0.1:8100"
GOOGLE = "*.googleapis.com=http://127.0.0.1:8101,accounts.google.com=http://127.0.0.1:8101"


def test_all_of_them_are_remembered(tmp_path: Path) -> None:
    remember(tmp_path, f"{PIPEDRIVE},{GOOGLE}")

    assert reroutes_of_last_start(tmp_path) == {
        "*.pipedrive.com": "http://127.0.0.1:8100",
        "*.googleapis.com": "http://127.0.0.1:8101",
        "accounts.google.com": "http://127.0.0.1:8101",
    }


def test_a_start_without_one_forgets_them(tmp_path: Path) -> None:
    remember(tmp_path, PIPEDRIVE)
    remember(tmp_path, "")

    assert reroutes_of_last_start(tmp_path) == {}


def test_there_are_none_before_the_first_start(tmp_path: Path) -> None:
    assert reroutes_of_last_start(tmp_path / "nowhere") == {}
