"""Every page of the dashboard, wide and narrow, light and dark: axe-core finds nothing, nothing is off the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from registry.dashboard import PAGES
from tests.browser.dashboard_site import Site, log_in

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")

FILLED = {
    "live": "#venues h2",
    "people": "#people td",
    "badges": "[name=layout] option",
    "attendance": "#days td",
    "kiosks": "#kiosks td",
    "conflicts": "article",
    "receipt": "#find",
    "close": "#totals td",
    "settings": "#trail td",
}
"""Of each page something that is there once it has its data."""


def findings(page: Page) -> list[str]:
    """Each rule that axe-core finds broken, and where."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


def filled(site: Site) -> None:
    """People, one of them revoked, one replaced, and one at two venues within minutes."""
    copied, revoked, replaced = (site.register(f"P{n}", name) for n, name in enumerate("李王陳"))
    site.let_in(copied, "chengdu-main-1")
    site.let_in(copied, "meishan-main-1")
    site.service.revoke(revoked, None, "lost")
    site.service.reissue(replaced)


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("English", "light", 1440), ("简体", "dark", 390), ("繁體", "light", 390)],
    ids=["desk", "night", "phone"],
)
def test_every_page_is_whole(
    site: Site, browser: Browser, language: str, scheme: str, width: int
) -> None:
    filled(site)
    context = browser.new_context(
        locale="en-GB",
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 844},
    )
    page = context.new_page()
    log_in(page, site, "/people")
    page.get_by_role("link", name=language).click()
    wrong: dict[str, object] = {}
    for name in PAGES:
        page.goto(f"{site.url}/{'' if name == 'live' else name}")
        if name == "people":
            page.locator("#search button").click()
        page.locator(FILLED[name]).first.wait_for(state="attached")
        here = page.locator("nav [aria-current]").bounding_box()
        assert here is not None
        if not -1 < here["x"] < width - here["width"] + 1:
            wrong[f"{name}: its own name is not in sight"] = here
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong[f"{name}: wider than the screen"] = width
        if found := findings(page):
            wrong[name] = found
    context.close()
    assert wrong == {}


def test_whoever_wants_to_register_somebody_need_not_look_for_the_form(
    site: Site, browser: Browser
) -> None:
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 700})
    page = context.new_page()
    log_in(page, site, "/people")
    page.get_by_role("link", name="Register somebody").click()
    page.keyboard.type("Ada")
    expect(page.locator("#register").get_by_label("Name", exact=True)).to_have_value("Ada")
    context.close()
