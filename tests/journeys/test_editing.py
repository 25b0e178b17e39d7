"""What the pages do by themselves while somebody edits: only a browser can tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect

from sandbox.world import TOKEN
from tests.browser import await_end_of_run

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("journeys")]

LONG = "W" * 100
HIDDEN = """() => {
  const at = document.activeElement;
  if (at === document.body || at.closest(".top, .save-bar, .skip, .picker-body")) return null;
  const box = at.getBoundingClientRect();
  const top = document.querySelector(".top").getBoundingClientRect().bottom;
  const bottom = document.querySelector(".save-bar").getBoundingClientRect().top;
  return box.top < top || (box.bottom > bottom && box.height < bottom - top) ? at.outerHTML.slice(0, 120) + [box.top, box.bottom, top, bottom] : null;
}"""

ON_TOP = """cell => {
  const box = cell.getBoundingClientRect();
  return cell.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""


@pytest.fixture
def editor(page: Page, base: str) -> Page:
    """A new importer's editor, with its optional settings open."""
    page.goto(base + "/importers/new")
    page.get_by_text("Optional settings").click()
    return page


@pytest.fixture
def phone(browser: Browser, owner: BrowserContext) -> Iterator[Page]:
    state = owner.storage_state()
    context = browser.new_context(viewport={"width": 375, "height": 740}, reduced_motion="reduce", storage_state=state)
    yield context.new_page()
    context.close()


def test_ticking_none_chooses_and_is_refused_at_the_field(editor: Page):
    asked: list[str] = []
    editor.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    editor.get_by_role("button", name="None", exact=True).click()
    expect(editor.get_by_label("Choose columns")).to_be_checked()
    for button in ("Show the first rows", "Save"):
        editor.get_by_role("button", name=button, exact=True).click()
        expect(editor.locator("#columns-error")).to_contain_text("Choose at least one column")
        expect(editor.get_by_label("Choose columns")).to_be_focused()
    assert asked == []
    editor.get_by_label("Title", exact=False).first.check()
    expect(editor.locator("#columns-error")).to_be_hidden()


def test_the_usual_columns_are_ticked_again_with_their_choice(editor: Page):
    count = editor.locator("[data-column-count]")
    usual = count.inner_text()
    editor.get_by_role("button", name="None", exact=True).click()
    expect(count).to_contain_text("0 of")
    editor.locator("#columns_mode-usual").check()
    expect(count).to_have_text(usual)


def test_the_columns_of_the_whole_text_are_ticked_with_their_answer_and_the_other_way_round(editor: Page):
    editor.locator('input[name="entity"][value="mail-messages"]').check()
    whole, only_begin = editor.get_by_label("Whole, as plain text"), editor.get_by_label("Only how they begin")
    body, missing = editor.locator("#column-body"), editor.locator("#column-body_missing")
    count, usual = editor.locator("[data-column-count]"), editor.locator("[data-usual-count]")
    expect(body).not_to_be_checked()
    before, usual_before = int(count.inner_text().split()[0]), int(usual.inner_text())
    whole.check()
    for box in (body, missing):
        expect(box).to_be_checked()
    expect(editor.locator("#columns_mode-usual")).to_be_checked()
    expect(count).to_contain_text(f"{before + 2} of")
    expect(usual).to_have_text(str(usual_before + 2))
    missing.uncheck()
    expect(only_begin).to_be_checked()
    expect(body).not_to_be_checked()
    body.check()
    expect(whole).to_be_checked()
    expect(missing).to_be_checked()
    editor.get_by_role("button", name="None", exact=True).click()
    expect(only_begin).to_be_checked()
    editor.get_by_role("button", name="All", exact=True).click()
    expect(whole).to_be_checked()
    only_begin.check()
    expect(body).not_to_be_checked()


def test_asking_how_many_there_are_is_offered_while_it_would_help(editor: Page):
    ask = editor.get_by_role("button", name="Ask Pipedrive how many there are")
    editor.locator('input[name="entity"][value="leads"]').check()
    expect(editor.locator("#price")).to_contain_text("Pipedrive does not tell how many there are")
    expect(ask).to_have_count(0)
    editor.locator('input[name="entity"][value="notes"]').check()
    ask.click()
    expect(editor.locator("#price")).to_contain_text("There are at most")
    expect(ask).to_have_count(0)


def test_a_search_without_a_hit_says_so(editor: Page):
    search = editor.get_by_label("Search columns")
    search.fill("no such thing")
    expect(editor.get_by_text("No column of that name")).to_be_visible()
    search.fill("title")
    expect(editor.get_by_text("No column of that name")).to_be_hidden()


def test_a_proposal_that_comes_late_does_not_run_into_what_is_typed(editor: Page):
    held: list[Route] = []
    editor.route("**/editor/options?*", lambda route: held.append(route))
    editor.get_by_label("Persons", exact=True).check()
    sheet = editor.get_by_label("Sheet", exact=True)
    sheet.select_text()
    while not held:
        editor.wait_for_timeout(20)
    held[0].continue_()
    expect(editor.locator("#options input[name=options_for]")).to_have_value("1:persons")
    editor.keyboard.insert_text("People")
    expect(sheet).to_have_value("People")
    expect(editor.get_by_label("Name", exact=True)).to_have_value("Persons to Excel")


def test_optional_settings_stay_open_for_another_entity(editor: Page):
    editor.get_by_label("Leads", exact=True).check()
    expect(editor.locator("#options input[name=options_for]")).to_have_value("1:leads")
    expect(editor.locator("#options details.more")).to_have_attribute("open", "")


def test_leaving_with_unsaved_changes_asks(editor: Page, base: str):
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    editor.on("dialog", stay)
    name = editor.get_by_label("Name", exact=True)
    proposed = name.input_value()
    name.press_sequentially("!")
    editor.get_by_role("link", name="Connections").click()
    expect(editor).to_have_url(base + "/importers/new")
    assert asked == ["beforeunload"]
    name.fill(proposed)
    editor.get_by_role("link", name="Connections").click()
    expect(editor).to_have_url(base + "/connections")
    assert asked == ["beforeunload"]


def test_saving_does_not_ask(editor: Page, base: str):
    editor.on("dialog", lambda dialog: pytest.fail(dialog.type))
    editor.get_by_label("Name", exact=True).fill("Saved without a question")
    editor.get_by_label("Sheet", exact=True).fill("Unasked")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor).to_have_url(base + "/")


def test_a_mistake_has_the_focus(owner: BrowserContext, base: str):
    editor = owner.new_page()
    editor.goto(base + "/importers/new")
    editor.get_by_label("Sheet", exact=True).fill("a/b")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_label("Sheet", exact=True)).to_be_focused()
    expect(editor.locator("#sheet-error")).to_contain_text("A sheet's name may not contain")
    editor.close()


def test_a_copy_says_at_once_what_starts_afresh(page: Page, base: str):
    page.goto(base + "/importers/1/copy")
    afresh = page.get_by_text("start afresh for Persons")
    expect(afresh).to_be_hidden()
    page.get_by_label("Persons", exact=True).check()
    expect(afresh).to_be_visible()
    page.get_by_label("Deals", exact=True).check()
    expect(page.locator("[data-afresh]")).to_be_hidden()


def test_the_sandboxs_token_is_filled_in_by_a_button(page: Page, base: str):
    page.goto(base + "/connections/new")
    page.get_by_role("button", name="Use this token").click()
    expect(page.get_by_label("API token")).to_have_value(TOKEN)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Connected again: the token of")


def test_the_focus_is_never_under_the_bars(phone: Page, base: str):
    phone.goto(base + "/importers/new")
    hidden = []
    for _ in range(60):
        phone.keyboard.press("Tab")
        hidden.append(phone.evaluate(HIDDEN))
    hidden = [one for one in hidden if one]
    assert not hidden, hidden


def test_ids_and_titles_stay_in_sight_while_scrolling(page: Page, base: str):
    page.goto(base + "/importers/1")
    page.get_by_role("button", name="Run").first.click()
    await_end_of_run(page)
    page.get_by_role("link", name="View results").first.click()
    cells = page.locator("tbody tr").first.locator("th, td")
    before = [cells.nth(number).bounding_box()["x"] // 1 for number in range(4)]
    page.locator(".grid-box").evaluate("box => box.scrollLeft = 400")
    after = [cells.nth(number).bounding_box()["x"] // 1 for number in range(4)]
    assert after[:3] == before[:3]
    assert after[3] == before[3] - 400
    heads = page.locator("thead th").all()[:3]
    assert [head.evaluate(ON_TOP) for head in heads] == [True] * 3


def test_names_without_a_space_fit_on_a_phone(phone: Page, base: str):
    phone.goto(base + "/importers/new")
    phone.get_by_label("Users", exact=True).check()
    phone.get_by_label("Name", exact=True).fill(LONG)
    phone.get_by_label("Workbook", exact=True).fill("B" * 100)
    phone.get_by_label("Sheet", exact=True).fill("S" * 31)
    phone.get_by_role("button", name="Save and Run").click()
    await_end_of_run(phone)
    run = phone.url.removeprefix(base)
    phone.get_by_role("link", name=LONG).click()
    own = phone.url.removeprefix(base)
    for path in (
        "/",
        run,
        own,
        f"{own}/results",
        f"{own}/edit",
        f"{own}/copy",
        f"{own}/delete",
        "/connections/1/unlink",
    ):
        phone.goto(base + path)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 375, path
