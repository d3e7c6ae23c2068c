"""The dashboard in a real browser: numbers that move by themselves, and a page that shows when it knows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from access.badge.key_card import read_human_key
from access.text.wifi_code import WifiCode
from hardware.decoding.zxing import ZxingDecoder
from hardware.files.picture_file import read_gray
from registry.roster.model import Person
from tests.browser.dashboard_site import PASSWORD, Site, choose_list, log_in


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of its own, whose pages must not fail."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: wrong.append(message.text) if "Content Security" in message.text else None,
    )
    yield page
    context.close()
    assert wrong == []


def test_the_numbers_move_by_themselves_and_say_how_old_they_are(site: Site, page: Page) -> None:
    page.goto(site.url)
    chengdu = page.locator("[data-area=chengdu] .big")
    expect(chengdu).to_contain_text("0 inside now")
    site.let_in(site.register("P1", "李雷"))
    expect(chengdu).to_contain_text("1 inside now")
    expect(page.locator("#contact")).to_have_text("● Live")
    expect(page.locator("#age")).to_contain_text("Numbers as of 08:30:")


def test_a_page_without_contact_says_so(site: Site, page: Page) -> None:
    page.clock.install()
    page.goto(site.url)
    expect(page.locator("#contact")).to_have_text("● Live")
    site.stop()
    page.clock.run_for(20_000)
    expect(page.locator("#contact")).to_contain_text("lost contact with the registry since 08:3")


def test_the_page_is_read_in_three_languages(site: Site, page: Page) -> None:
    page.goto(site.url)
    page.get_by_text("繁體").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-HK")
    expect(page.locator("[data-area=meishan] h2")).to_have_text("眉山")
    page.get_by_text("简体").click()
    expect(page.locator("[data-area=mianyang] h2")).to_have_text("绵阳")


def test_an_admin_finds_a_person_and_revokes_the_badge(site: Site, page: Page) -> None:
    badge = site.register("P1", "李雷")
    log_in(page, site, "/people")
    page.get_by_role("searchbox").fill("li lei")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("td").first).to_contain_text("李雷")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Revoke").click()
    page.locator("dialog input").fill("lost")
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("tbody")).to_contain_text("revoked")
    with site.service.snapshot() as known:
        assert known.history(badge).revoked(1)


def test_an_admin_erases_a_person(site: Site, page: Page) -> None:
    site.register("P1", "李雷")
    log_in(page, site, "/people")
    page.get_by_role("searchbox").fill("李雷")
    page.get_by_role("button", name="Search").click()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#ask")).to_contain_text("李雷 cannot be had back")
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#note")).to_contain_text("Erased")
    assert site.service.people.count() == 0


def test_a_walk_up_is_registered_with_sessions_and_then_put_right(site: Site, page: Page) -> None:
    open_people(site, page)
    form = page.locator("#register")
    form.get_by_label("Name", exact=True).fill("Ada")
    form.get_by_label("Meishan", exact=True).uncheck()
    sessions = form.locator(".sessions .tick").all_inner_texts()
    assert "\n11-17 09:30 · Chengdu · Main Hall" in sessions[0]
    assert [one.split("\n")[1][:11] for one in sessions] == sorted(
        one.split("\n")[1][:11] for one in sessions
    )
    form.get_by_label("Smart Supply Chain").check()
    form.get_by_role("button", name="Register somebody").click()
    expect(page.locator("#note")).to_contain_text("is ready.")
    expect(page.locator("#note").get_by_role("link", name="Print")).to_be_visible()
    assert "JM1:" not in page.inner_text("body")
    row = page.locator("#people tbody tr")
    expect(row).to_contain_text("W-0001")
    expect(row).to_contain_text("Chengdu, Mianyang")
    row.get_by_role("button", name="Edit").click()
    sheet = page.locator("dialog.sheet")
    sheet.get_by_label("Organisation").fill("Analytical Engines")
    sheet.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Analytical Engines")
    row.get_by_role("button", name="Ada", exact=True).click()
    expect(sheet).to_contain_text("Not seen at any door yet.")
    assert site.service.person("W-0001").organisation == "Analytical Engines"


def test_a_person_is_valid_somewhere_and_on_some_day(site: Site, page: Page) -> None:
    log_in(page, site, "/people")
    form = page.locator("#register")
    form.get_by_label("Name", exact=True).fill("Ada")
    for venue in ("Chengdu", "Meishan", "Mianyang"):
        form.get_by_label(venue, exact=True).uncheck()
    form.get_by_role("button", name="Register somebody").click()
    said = form.get_by_label("Chengdu", exact=True).evaluate("box => box.validationMessage")
    assert said == "Tick at least one."
    form.get_by_label("Mianyang", exact=True).check()
    form.get_by_role("button", name="Register somebody").click()
    expect(page.locator("#people tbody")).to_contain_text("Mianyang")


def test_a_change_that_somebody_else_has_made_meanwhile_is_seen_before_it_is_saved_over(
    site: Site, page: Page
) -> None:
    site.register("P1", "李雷")
    open_people(site, page)
    page.get_by_role("searchbox").fill("李雷")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Edit").click()
    sheet = page.locator("dialog.sheet")
    sheet.get_by_label("Name", exact=True).fill("李蕾")
    site.service.amend(Person(ref="P1", ticket="delegate", name="李雷", organisation="Ω Ltd"))
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Organisation: Ω Ltd")
    expect(sheet.get_by_label("Organisation")).to_have_value("Ω Ltd")
    expect(sheet.get_by_label("Name", exact=True)).to_have_value("李蕾")
    assert site.service.person("P1").name == "李雷"
    sheet.get_by_role("button", name="Save").click()
    expect(page.locator("#people tbody tr")).to_contain_text("李蕾")
    now = site.service.person("P1")
    assert (now.name, now.organisation) == ("李蕾", "Ω Ltd")


def test_a_badge_revoked_by_mistake_is_replaced_without_its_secret_on_screen(
    site: Site, page: Page
) -> None:
    person = Person(ref="P1", ticket="staff", name="李雷", language="zh-Hans")
    site.service.revoke(site.service.register(person).badge, None, "a slip")
    open_people(site, page)
    page.get_by_role("searchbox").fill("李雷")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Let in again").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#note").get_by_role("link", name="Print")).to_be_visible()
    expect(page.locator("#note")).to_contain_text(
        "If they had a key card, it opens nothing any more"
    )
    assert "JM1:" not in page.inner_text("body")
    assert not site.service.registered()["P1"].revoked


def test_an_admin_changes_the_desk_key_after_a_staff_card_was_lost(site: Site, page: Page) -> None:
    site.register("P1", "李雷")
    log_in(page, site, "/settings")
    page.get_by_role("button", name="New desk key").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#note")).to_contain_text("1 name cards are sealed again")


def test_an_admin_makes_a_key_card_which_is_shown_this_once(site: Site, page: Page) -> None:
    site.service.register(Person(ref="S1", ticket="staff", name="李静", language="zh-Hans"))
    log_in(page, site, "/people")
    page.get_by_role("searchbox").fill("李静")
    page.get_by_role("button", name="Search").click()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Key card").click()
    page.locator("#ask input").fill("12345678")
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#note")).to_contain_text("without a pattern")
    page.get_by_role("button", name="Key card").click()
    page.locator("#ask input").fill("60221407")
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator(".key-card img")).to_be_visible()
    typed = page.locator(".key-card code").inner_text()
    assert read_human_key(typed) is not None
    expect(page.locator(".key-card")).to_contain_text("its only copy")


def test_the_help_desk_is_told_who_gives_tickets_with_a_role(site: Site, page: Page) -> None:
    site.service.register(Person(ref="S1", name="Wang Fang", ticket="staff"))
    site.accounts.add("helper", "desk", PASSWORD)
    log_in(page, site, "/people", "helper")
    expect(page.locator("#register select[name=ticket]")).not_to_contain_text("Staff")
    expect(page.locator("#register")).to_contain_text(
        "Only an admin gives tickets with a role at the doors: Staff."
    )
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#people tbody tr")).to_contain_text("only an admin changes this badge")
    expect(page.get_by_role("link", name="Print")).to_have_count(0)


def test_the_help_desk_sees_who_came_and_downloads_the_list(site: Site, page: Page) -> None:
    site.let_in(site.register("P1", "李雷"))
    site.register("P2", "韩梅梅")
    log_in(page, site, "/attendance")
    expect(page.locator("#head")).to_contain_text("50%")
    page.get_by_role("button", name="Show: Chengdu · 2020-11-17").click()
    expect(page.locator("#people tbody tr").first).to_contain_text("李雷")
    expect(page.locator("#people tbody tr").nth(1)).to_contain_text("has not come yet")
    with page.expect_download() as download:
        page.get_by_role("button", name="XLSX: Chengdu · 2020-11-17").click()
    assert download.value.suggested_filename == "attendance-chengdu-2020-11-17.xlsx"
    expect(page.locator("#made")).to_contain_text("attendance-chengdu-2020-11-17.xlsx · 2 lines")


def test_the_end_of_a_day_shows_what_is_open_and_the_days_totals(site: Site, page: Page) -> None:
    site.let_in(site.register("P1", "李雷"))
    site.register("P2", "韩梅梅")
    log_in(page, site, "/close")
    expect(page.locator("#open")).to_contain_text("1 person is counted inside")
    expect(page.locator("#open")).to_contain_text("No conflict is without an answer")
    row = page.locator("#totals tbody tr").first
    expect(row).to_contain_text("Chengdu")
    with page.expect_download() as download:
        row.get_by_role("button", name="XLSX: Chengdu").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    with page.expect_download() as attempts:
        page.get_by_role("button", name="All attempts (CSV)").click()
    assert attempts.value.suggested_filename == "attempts.csv"
    page.get_by_role("button", name="End a day").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#note.good")).to_have_text("✓ 2020-11-17 is closed")
    expect(page.locator("#open .problem")).to_have_count(0)


def test_an_admin_answers_a_conflict(site: Site, page: Page) -> None:
    badge = site.register("P1", "李雷")
    site.let_in(badge, "chengdu-main-1")
    site.let_in(badge, "meishan-main-1")
    log_in(page, site, "/conflicts")
    card = page.locator("article")
    expect(card).to_contain_text("One badge at two venues within minutes")
    expect(card).to_contain_text("Chengdu (chengdu-main-1) → Meishan (meishan-main-1)")
    page.get_by_role("button", name="Agree").click()
    expect(card).to_contain_text("Answered: the badge was copied")


def test_an_admin_makes_the_code_of_a_wifi_which_a_kiosk_reads(
    site: Site, page: Page, tmp_path: Path
) -> None:
    log_in(page, site, "/kiosks")
    page.get_by_text("Wi-Fi for a kiosk").click()
    page.get_by_label("Name", exact=True).fill("venue; 场馆")
    page.get_by_role("textbox", name="Password").fill("short")
    page.get_by_role("button", name="Make a Wi-Fi code").click()
    expect(page.locator("#note")).to_contain_text("8 to 63")
    page.get_by_role("textbox", name="Password").fill("only for kiosks")
    page.get_by_label("does not show its name").check()
    page.get_by_role("button", name="Make a Wi-Fi code").click()
    shown = page.locator("#network-shown img")
    expect(shown).to_be_visible()

    picture = tmp_path / "shown.png"
    picture.write_bytes(shown.screenshot())
    (found,) = ZxingDecoder().decode(read_gray(picture)).codes
    assert WifiCode.parse(found.text) == WifiCode("venue; 场馆", "only for kiosks", hidden=True)
    expect(page.get_by_role("textbox", name="Password")).to_have_value("")


@pytest.mark.parametrize(
    ("width", "height"), [(390, 844), (1280, 800), (1920, 1080)], ids=["phone", "desk", "wall"]
)
def test_no_page_is_wider_than_its_screen(site: Site, page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for path in ("/", "/?wall", "/kiosks", "/conflicts", "/receipt"):
        page.goto(site.url + path)
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def open_people(site: Site, page: Page) -> None:
    log_in(page, site, "/people")
    expect(page.locator("#import")).to_be_visible()


def test_a_list_is_looked_at_and_then_taken_in(site: Site, page: Page) -> None:
    site.register("P1", "李雷")
    site.register("P9", "王五")
    open_people(site, page)
    rows = "序号,编号,姓名,票种,手机\n1,P1,李磊,参会代表,13880012345\n2,P2,韩梅,参会代表,\n"
    choose_list(page, "名单.csv", rows)
    shown = page.locator("#imported")
    expect(shown).to_contain_text("2 people: 1 new, 1 changed, 0 the same.")
    expect(shown.locator("tbody").filter(has_text="P1")).to_contain_text("李雷")
    expect(shown).to_contain_text("One registered person is not in this list")
    expect(shown).to_contain_text("P9 王五")
    assert site.service.people.count() == 2
    page.get_by_label("Revoke their badges").check()
    page.get_by_role("button", name="Do exactly this").click()
    expect(shown).to_contain_text("1 added, 1 changed, 0 the same, 1 revoked.")
    assert site.service.person("P1").name == "李磊"
    assert site.service.person("P1").extra == {"phone": "13880012345"}
    assert site.service.registered()["P9"].revoked


def test_columns_of_a_list_are_put_right_on_the_page(site: Site, page: Page) -> None:
    open_people(site, page)
    choose_list(page, "gaeste.csv", "Buchung,Gast,Ticket\nB1,Ada,delegate\n")
    shown = page.locator("#imported")
    expect(shown).to_contain_text(
        "the header lacks ref, name; the columns are Buchung, Gast, Ticket"
    )
    shown.get_by_label("Buchung").select_option(label="Registration number (ref)")
    expect(shown).to_contain_text("the header lacks name;")
    shown.get_by_label("Gast").select_option(label="Name")
    expect(shown).to_contain_text("1 person: 1 new")
    page.get_by_role("button", name="Do exactly this").click()
    expect(shown).to_contain_text("1 added")
    assert site.service.person("B1").name == "Ada"


def test_what_is_wrong_in_a_list_is_said_in_the_readers_language(site: Site, page: Page) -> None:
    open_people(site, page)
    page.get_by_role("link", name="繁體").click()
    rows = "".join(f"P{n},A,delegat\n" for n in range(300))
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": f"ref,name,ticket\n{rows}".encode()}
    page.locator("#import input[type=file]").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="預覽名單").click()
    shown = page.locator("#imported")
    expect(shown).to_contain_text("「delegat」不在活動中；是指「參會代表」嗎？")
    expect(shown).to_contain_text("及另外 295 行")
    expect(page.get_by_role("button", name="確認執行")).to_have_count(0)
