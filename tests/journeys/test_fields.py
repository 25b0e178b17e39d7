"""Somebody's importer while fields come, go and change their names in Pipedrive, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests
from playwright.sync_api import Page, expect

from sandbox.world import TOKEN
from tests.browser import await_end_of_run
from tests.processes import House, house

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journeys")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("home"), "--sandbox", PORT="21410") as running:
        yield running.wait_until_ready()


@pytest.fixture(scope="module")
def base(running: House) -> str:
    return running.address


class Fields:
    """The deal fields in Pipedrive, and what its administrator does with them."""

    def __init__(self, address: str) -> None:
        self._address = f"{address}/api/v2/dealFields"

    def rename(self, name: str, to: str) -> None:
        self._ask("PATCH", f"/{self._code(name)}", json={"field_name": to})

    def add(self, name: str) -> None:
        self._ask("POST", json={"field_name": name, "field_type": "varchar"})

    def delete(self, name: str) -> None:
        self._ask("DELETE", f"/{self._code(name)}")

    def _code(self, name: str) -> str:
        listed = self._ask("GET", params={"limit": 500})["data"]
        return next(field["field_code"] for field in listed if field["field_name"] == name)

    def _ask(self, method: str, path: str = "", **more: Any) -> Any:
        answer = requests.request(
            method, self._address + path, headers={"x-api-token": TOKEN}, timeout=10, allow_redirects=False, **more
        )
        answer.raise_for_status()
        return answer.json()


def run(page: Page, base: str) -> None:
    page.goto(base)
    page.get_by_role("button", name="Run", exact=True).first.click()
    await_end_of_run(page)


def headers(running: House) -> list[str]:
    """Those of the sheet as it lies on the disk."""
    (path,) = Path(running.home).rglob("Pipesheet.xlsx")
    book = openpyxl.load_workbook(path, read_only=True)
    found = [str(cell) for cell in next(book["Deals"].iter_rows(max_row=1, values_only=True))]
    book.close()
    return found


def test_the_sheet_keeps_its_columns_until_the_owner_takes_the_new_ones(page: Page, base: str, running: House):
    run(page, base)
    first = headers(running)

    fields = Fields(running.sandbox.address)
    fields.rename("Fleet size", "Number of bikes")
    fields.delete("Contract start")
    fields.add("Colour")
    run(page, base)
    assert headers(running) == first
    changes = page.locator("#changes")
    expect(changes).to_contain_text("3 fields changed in Pipedrive")
    expect(changes).to_contain_text("“Contract start” was deleted in Pipedrive.")
    expect(page.locator("#ending")).to_contain_text("No longer in Pipedrive: “Contract start”.")

    page.goto(base)
    page.get_by_role("link", name="3 fields changed").click()
    changes.get_by_role("button", name="Take “Number of bikes”").click()
    expect(changes).to_contain_text("2 fields changed in Pipedrive")
    changes.get_by_role("button", name="Add as last column").click()
    changes.get_by_role("button", name="Keep it empty").click()
    expect(changes).to_have_count(0)

    page.get_by_role("link", name="Names").click()
    page.locator("[name=header-title]").fill("Subject")
    page.get_by_role("button", name="Save the headers").click()
    run(page, base)
    expect(page.locator("#changes")).to_have_count(0)
    new = {"Fleet size": "Number of bikes", "Title": "Subject"}
    assert headers(running) == [*(new.get(header, header) for header in first), "Colour"]
    page.get_by_role("link", name="View results").first.click()
    expect(page.get_by_role("columnheader", name="Number of bikes")).to_have_count(1)
    expect(page.get_by_role("columnheader", name="Subject")).to_have_count(1)
