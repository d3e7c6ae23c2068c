"""Two people at work on the dashboard at the same time: nobody's change is lost without a word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.dashboard_site import PASSWORD, Site, choose_list, log_in

TWO = ("an", "bo")
"""Their accounts; both are admins."""

SET = "Sessions under the old password are over"
PATIENCE_MS = 60_000
"""A password takes a third of a second of a processor that has nothing else to do."""


@pytest.fixture
def both(site: Site, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Two browsers, logged in under two accounts."""
    pages = []
    for name in TWO:
        site.accounts.add(name, "admin", PASSWORD)
        page = browser.new_context(locale="en-GB").new_page()
        log_in(page, site, "/people", name)
        pages.append(page)
    an, bo = pages
    yield an, bo
    for page in pages:
        page.context.close()


def look_for(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#people tbody tr")).to_have_count(1)


def menu(page: Page, act: str) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name=act, exact=True).click()


def revoke(page: Page, why: str) -> None:
    menu(page, "Revoke")
    page.locator("#ask input").fill(why)
    page.get_by_role("button", name="Yes, do it").click()


def test_who_books_learns_that_the_badge_was_revoked_meanwhile(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    site.register("P1", "李雷")
    for page in both:
        look_for(page, "P1")
    an.get_by_role("button", name="Edit").click()
    sheet = an.locator("dialog.sheet")
    sheet.get_by_label("Smart Supply Chain").check()
    revoke(bo, "cancelled")
    expect(bo.locator("#people tbody")).to_contain_text("revoked")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_role("alert")).to_contain_text("The badge was revoked")
    expect(sheet.get_by_label("Smart Supply Chain")).to_be_checked()
    sheet.get_by_role("button", name="Save").click()
    expect(an.locator("#people tbody")).to_contain_text("revoked")
    assert site.service.registered()["P1"].revoked


def test_a_badge_is_not_replaced_twice_by_two_who_saw_the_same_print(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    site.register("P1", "李雷")
    for page in both:
        look_for(page, "P1")
    menu(an, "Replace")
    an.get_by_role("button", name="Yes, do it").click()
    expect(an.locator("#note")).to_contain_text("print 2, is ready")
    menu(bo, "Replace")
    bo.get_by_role("button", name="Yes, do it").click()
    expect(bo.locator("#note")).to_contain_text("Somebody else has made print 2")
    expect(bo.locator("#people tbody")).to_contain_text("print 2")
    revoke(bo, "lost")
    expect(bo.locator("#people tbody")).to_contain_text("revoked")
    issued = site.service.registered()["P1"].issued
    assert issued is not None
    assert issued.issue == 2


def test_who_comes_second_sees_the_new_badge_of_a_person_or_that_they_were_erased(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    badge = site.register("P1", "李雷")
    site.service.revoke(badge, None, "a slip")
    for page in both:
        look_for(page, "P1")
    bo.get_by_role("button", name="Edit").click()
    sheet = bo.locator("dialog.sheet")
    sheet.get_by_label("Organisation").fill("Ω Ltd")
    an.get_by_role("button", name="Let in again").click()
    an.get_by_role("button", name="Yes, do it").click()
    expect(an.locator("#note").get_by_role("link", name="Print")).to_be_visible()
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Somebody else has given 李雷 a new badge")
    expect(sheet.get_by_label("Organisation")).to_have_value("Ω Ltd")
    sheet.get_by_role("button", name="Save").click()
    expect(bo.locator("#people tbody")).to_contain_text("Ω Ltd")
    assert site.service.person("P1").organisation == "Ω Ltd"
    bo.get_by_role("button", name="Edit").click()
    menu(an, "Erase")
    an.get_by_role("button", name="Yes, do it").click()
    an.get_by_role("button", name="Yes, do it").click()
    expect(an.locator("#note")).to_contain_text("Erased")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Somebody else has erased 李雷")


def test_of_two_who_looked_at_lists_the_second_looks_again(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    site.register("P1", "李雷")
    choose_list(an, "an.csv", "ref,name,ticket\nP1,李磊,delegate\n")
    choose_list(bo, "bo.csv", "ref,name,ticket,organisation\nP1,李雷,delegate,川大\n")
    for page in both:
        expect(page.locator("#imported")).to_contain_text("1 changed")
    an.get_by_role("button", name="Do exactly this").click()
    expect(an.locator("#imported")).to_contain_text("1 changed, 0 the same, 0 revoked")
    bo.get_by_role("button", name="Do exactly this").click()
    expect(bo.locator("#imported")).to_contain_text("is not any more what the preview showed")
    assert site.service.person("P1").name == "李磊"
    bo.get_by_role("button", name="Look at the list").click()
    expect(bo.locator("#imported tbody").filter(has_text="李磊")).to_contain_text("李雷")


def test_two_lists_at_once_are_taken_in_one_after_the_other(
    site: Site, both: tuple[Page, Page]
) -> None:
    for number, page in enumerate(both):
        rows = "".join(f"L{number}-{n},Ann {n},delegate\n" for n in range(40))
        choose_list(page, f"{number}.csv", f"ref,name,ticket\n{rows}")
        expect(page.locator("#imported")).to_contain_text("40 people: 40 new")
    for page in both:
        page.get_by_role("button", name="Do exactly this").click()
    for page in both:
        expect(page.locator("#imported")).to_contain_text("40 added", timeout=60_000)
    assert site.service.people.count() == 80


def test_a_role_that_somebody_else_has_changed_is_shown_and_kept(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    for page in both:
        page.goto(f"{site.url}/settings")
        expect(page.locator("#accounts tbody tr")).to_have_count(3)
    role = "#accounts tr:has-text('admin') >> nth=0 >> select"
    an.locator(role).select_option("desk")
    expect(an.locator(role)).to_have_value("desk")
    bo.locator(role).select_option("viewer")
    expect(bo.locator("#note")).to_contain_text("Somebody else has changed this account meanwhile")
    expect(bo.locator(role)).to_have_value("desk")


def test_a_password_that_somebody_else_has_set_is_kept_until_one_looks_again(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    site.accounts.add("desk-1", "desk", PASSWORD)
    for page in both:
        page.goto(f"{site.url}/settings")
        page.locator("#password select").select_option("desk-1")
    for page, password in ((an, "the one of An"), (bo, "the one of Bo")):
        page.locator("#password input").fill(password)
    an.locator("#password button").click()
    expect(an.locator("#note")).to_contain_text(SET, timeout=PATIENCE_MS)
    bo.locator("#password button").click()
    expect(bo.locator("#note")).to_contain_text(
        "Somebody else has changed this account meanwhile", timeout=PATIENCE_MS
    )
    assert site.accounts.log_in("desk-1", "the one of An") is not None
    expect(bo.locator("#password select")).to_have_value("desk-1")
    expect(bo.locator("#password input")).to_have_value("the one of Bo")
    bo.locator("#password button").click()
    expect(bo.locator("#note")).to_contain_text(SET, timeout=PATIENCE_MS)
    assert site.accounts.log_in("desk-1", "the one of Bo") is not None


def test_a_kiosk_that_somebody_else_has_moved_stays_there(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    for page in both:
        page.goto(f"{site.url}/kiosks")
        page.locator("#kiosks details summary").click()
    an.locator("#kiosks details select").select_option("meishan-main-1")
    expect(an.locator("#kiosks tbody")).to_contain_text("meishan-main-1")
    bo.locator("#kiosks details select").select_option("mianyang-main-1")
    expect(bo.locator("#note")).to_contain_text("at another gate meanwhile (meishan-main-1)")
    expect(bo.locator("#kiosks tbody")).to_contain_text("meishan-main-1")


def test_an_answer_under_way_does_not_close_the_row_that_somebody_has_opened_meanwhile(
    site: Site, both: tuple[Page, Page]
) -> None:
    page, _ = both
    page.clock.install()
    page.goto(f"{site.url}/kiosks")
    expect(page.locator("#kiosks details")).to_have_count(1)
    under_way: list[Route] = []

    def keep_waiting(route: Route) -> None:
        under_way.append(route)

    page.route("**/api/v1/kiosks", keep_waiting)
    with page.expect_request("**/api/v1/kiosks"):
        page.clock.run_for(6_000)
    page.locator("#kiosks details summary").click()
    with page.expect_response("**/api/v1/kiosks"):
        under_way[0].continue_()
    page.clock.run_for(6_000)
    expect(page.locator("#kiosks details")).to_have_attribute("open", "")
    assert len(under_way) == 1


def test_a_conflict_that_somebody_else_has_answered_keeps_the_answer(
    site: Site, both: tuple[Page, Page]
) -> None:
    an, bo = both
    badge = site.register("P1", "李雷")
    site.let_in(badge, "chengdu-main-1")
    site.let_in(badge, "meishan-main-1")
    for page in both:
        page.goto(f"{site.url}/conflicts")
        expect(page.locator("article")).to_have_count(1)
    bo.get_by_role("button", name="Something else").click()
    bo.locator("#ask input").fill("a twin")
    an.get_by_role("button", name="Agree").click()
    expect(an.locator("article")).to_contain_text("Answered: the badge was copied")
    bo.get_by_role("button", name="Yes, do it").click()
    expect(bo.locator("#note")).to_contain_text("Somebody else has answered this line")
    expect(bo.locator("article")).to_contain_text("Answered: the badge was copied")


def test_a_definition_that_somebody_else_has_put_in_force_is_looked_at_first(site: Site) -> None:
    """The command looks, asks, and then puts in force: what it said is what it does."""
    text = (Path(__file__).parents[1] / "scenarios" / "smarthk.toml").read_text(encoding="utf-8")
    theirs = text.replace("roster_stale_min = 240", "roster_stale_min = 200")
    mine = text.replace("travel_min = 30", "travel_min = 45")
    assert len({text, theirs, mine}) == 3
    looked = site.post("/event", {"toml": mine, "check": True}).json
    assert site.post("/event", {"toml": theirs, "confirmed": True}).json["applied"]
    late = site.post("/event", {"toml": mine, "confirmed": True, "expect": looked["mark"]})
    assert late.status_code == 409
    assert "Somebody else has put another definition in force meanwhile" in late.json["error"]
    again = site.post("/event", {"toml": mine, "check": True}).json
    assert [one["kind"] for one in again["effects"]] == ["policy_changed"]
    assert site.post("/event", {"toml": mine, "expect": again["mark"]}).json["applied"]
