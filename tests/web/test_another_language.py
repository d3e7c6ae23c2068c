"""A language is added by one file, even by one that lacks most texts: Japanese, in a copy of the product."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from config.event_file import load
from jianmen.testing.processes import JIANMEN, Programs, programs
from web.texts import text

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "access",
    "config",
    "hardware",
    "sync",
    "web",
    "printing",
    "kiosk",
    "registry",
    "jianmen",
)
NOT_ENROLLED = "この端末はまだ登録されていません"
JAPANESE = {
    "language": {"own_name": "日本語", "short": "日", "html_tag": "ja", "locale": "ja_JP"},
    "notice.not_enrolled": NOT_ENROLLED,
    "notice.no_network": NOT_ENROLLED,
    "attendee.go_in": "どうぞお入りください",
    "dashboard.log_in": "ログインする",
}
NAME = 'name = { en = "SmartHK", zh-Hant = "創新升級·香港論壇", zh-Hans = "创新升级·香港论坛" }'
IN_JAPANESE = NAME.replace("{ en", '{ ja = "香港フォーラム", en')


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product with one file more; its example event has a name in that language."""
    folder = tmp_path_factory.mktemp("product")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package)
    file = folder / "web" / "texts" / "ja.json"
    file.write_text(json.dumps(JAPANESE), encoding="utf-8")
    event = (ROOT / "config" / "events" / "smarthk.toml").read_text(encoding="utf-8")
    assert NAME in event
    (folder / "event.toml").write_text(event.replace(NAME, IN_JAPANESE), encoding="utf-8")
    return folder


@pytest.fixture
def running(product: Path, tmp_path: Path) -> Iterator[Programs]:
    with programs(tmp_path / "logs") as started:
        yield started


def run(product: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*JIANMEN, *arguments], cwd=product, capture_output=True, text=True, timeout=120
    )


def test_a_door_speaks_it_and_english_where_it_has_no_text(
    product: Path, running: Programs, tmp_path: Path, browser: Any
) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text(f'[kiosk]\ndata = "{tmp_path / "data"}"\nlanguage = "ja"\n')
    door = running.start(
        "door",
        [*JIANMEN, "kiosk", "run", "--settings", str(settings), "--camera", "none", "--port", "0"],
        folder=product,
    )
    page = browser.new_page()
    page.goto(door.next_line().removeprefix("screen: "))
    page.wait_for_selector("#say section:nth-child(4)")
    page.get_by_text(NOT_ENROLLED).first.wait_for()
    first = page.locator("#say section").first
    assert first.get_attribute("lang") == "ja"
    [line, *_] = text("notice_lines.no_network", "en").splitlines()  # the same with a network
    assert first.locator("p").first.inner_text() == line
    buttons = page.eval_on_selector_all(
        "#languages button", "all => all.map(one => one.textContent)"
    )
    assert buttons == ["English", "繁體", "简体", "日本語"]
    page.goto(page.url + "headcount")
    page.click("text=日")
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.inner_text("#caption") == text("headcount.headcount", "en")
    page.close()


def test_the_centre_offers_it_to_whoever_reads_it_and_takes_people_and_events_in_it(
    product: Path, running: Programs, tmp_path: Path
) -> None:
    data = ["--data", str(tmp_path / "registry")]
    (tmp_path / "password").write_text("correct horse battery staple")
    begun = run(
        product, "registry", "init", "event.toml", *data, "--password-file", tmp_path / "password"
    )
    assert begun.returncode == 0, begun.stderr
    (tmp_path / "people.csv").write_text("ref,name,ticket,language\nP1,山田花子,delegate,ja\n")
    taken = run(product, "registry", "import", tmp_path / "people.csv", *data)
    assert "1 added" in taken.stdout, taken.stderr
    badges = run(product, "registry", "badges", tmp_path / "badges.pdf", *data)
    assert badges.returncode == 0, badges.stderr
    signs = run(product, "registry", "badges", tmp_path / "signs.pdf", "--signs", "above", *data)
    assert signs.returncode == 0, signs.stderr
    centre = running.start(
        "centre", [*JIANMEN, "registry", "serve", *data, "--port", "0", "--json"], folder=product
    )
    login = json.loads(centre.next_line())["url"].rstrip("/") + "/login"
    page = requests.get(login, headers={"Accept-Language": "ja-JP,ja;q=0.9"}, timeout=60).text
    assert '<html lang="ja"' in page
    assert "香港フォーラム" in page
    assert "日本語" in page
    assert text("dashboard.password", "en") in page


def test_without_its_file_it_is_a_mistake_with_what_would_be_right(product: Path) -> None:
    lines = "from config.event_file import load; from pathlib import Path; load(Path('event.toml'))"
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=product, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with pytest.raises(Exception, match="ja"):
        load(product / "event.toml")


def test_a_file_that_does_not_say_what_it_must_is_named(product: Path, tmp_path: Path) -> None:
    texts = tmp_path / "web" / "texts"
    shutil.copytree(product / "web", tmp_path / "web")
    for package in ("access", "config"):
        shutil.copytree(product / package, tmp_path / package)
    (texts / "bo.json").write_text('{"language": {"own_name": "བོད་ཡིག"}}')
    done = subprocess.run(
        [sys.executable, "-c", "import config.languages"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"{texts / 'bo.json'}: language" in done.stderr
