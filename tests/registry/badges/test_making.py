"""Badges of a list: whose, in which order, and what is printed again."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from printing.fonts import FONT_ROOT
from registry.roster.model import Person
from registry.service import RegistryService

pytestmark = pytest.mark.skipif(
    not (FONT_ROOT / "opentype/noto/NotoSansCJK-Bold.ttc").exists(),
    reason="fonts are not installed",
)

PEOPLE = [
    Person(ref="B1", ticket="delegate", name="张伟", organisation="高新区", language="zh-Hans"),
    Person(ref="A2", ticket="delegate", name="陳大文", language="zh-Hant", form="signed"),
    Person(ref="C3", ticket="media", name="Pat Press", venues=("meishan",), days=("2020-11-18",)),
]


def make(api: Any, query: str = "") -> dict[str, Any]:
    ended: dict[str, Any] = api.ended(api.post(f"/badges/jobs?{query}", {}))
    return ended


def pdf_text(api: Any, job: dict[str, Any], tmp_path: Path) -> str:
    file = tmp_path / "b.pdf"
    file.write_bytes(api.call("GET", f"/jobs/{job['id']}/files/badges.pdf").data)
    done = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True)
    return done.stdout.decode()


def test_everybody_is_printed_by_default(
    service: RegistryService, api: Any, tmp_path: Path
) -> None:
    service.register_many(PEOPLE)
    job = make(api)
    assert job["state"] == "done"
    assert job["result"] == {
        "badges": 3, "pages": 1, "shortened": [], "left_out": [], "unprintable": [],
        "letters": [], "staff": [],
    }  # fmt: skip
    text = pdf_text(api, job, tmp_path)
    for part in ("张伟", "高新区", "陳大文", "Pat Press", "18 Nov", "11月17日、11月18日"):
        assert part in text


def test_letters_that_are_missing_in_print_are_named(service: RegistryService, api: Any) -> None:
    service.register(Person(ref="N12", name="Ann 🎉 Example", language="en", ticket="delegate"))

    result = make(api)["result"]

    assert (result["unprintable"], result["letters"]) == (["N12"], ["🎉 (U+1F389)"])
    pictures = make(api, "pictures=svg")["result"]
    assert (pictures["unprintable"], pictures["letters"]) == (["N12"], ["🎉 (U+1F389)"])
    preview = api.call("GET", "/badges/picture?ref=N12")
    assert unquote(preview.headers["X-Jianmen-Missing-Letters"]) == "🎉 (U+1F389)"


@pytest.mark.parametrize("layout", ["card-86x122", "label-62"])
def test_a_badge_for_the_broadcast_says_so_and_names_no_venue_day_or_camera(
    service: RegistryService, api: Any, tmp_path: Path, layout: str
) -> None:
    service.register(Person(ref="O1", name="Ann", language="en", ticket="online"))
    text = pdf_text(api, make(api, f"layout={layout}"), tmp_path)
    assert "Live broadcast only" in text
    assert not [part for part in ("Chengdu", "Nov", "camera") if part in text]


def test_whose_text_was_shortened_is_named_on_paper_and_in_pictures(
    service: RegistryService, api: Any
) -> None:
    long = Person(ref="N15", name="Featherstonehaugh " * 6, language="en", ticket="delegate")
    service.register_many([*PEOPLE, long])
    for query in ("", "pictures=svg", "pictures=png"):
        assert make(api, query)["result"]["shortened"] == ["N15"]


@pytest.mark.parametrize(
    ("query", "badges"),
    [
        ("ticket=media", 1),
        ("venue=meishan", 3),
        ("venue=chengdu", 2),
        ("organisation=%E9%AB%98%E6%96%B0%E5%8C%BA", 1),
        ("ref=A2&ref=B1", 2),
    ],
)
def test_some_can_be_chosen(service: RegistryService, api: Any, query: str, badges: int) -> None:
    service.register_many(PEOPLE)
    assert make(api, query)["result"]["badges"] == badges


def test_only_new_and_changed_badges_are_printed_again(service: RegistryService, api: Any) -> None:
    first = service.register_many(PEOPLE)
    make(api, "ref=A2&ref=B1")
    assert make(api, "new=1")["result"]["badges"] == 1
    again = make(api, "new=1")
    assert (again["state"], again["error"]) == (
        "failed", "Every badge that was asked for is printed already.",
    )  # fmt: skip
    service.amend(Person(ref="B1", ticket="delegate", name="张伟业", language="zh-Hans"))
    service.reissue(first[1].badge)
    assert make(api, "new=1")["result"]["badges"] == 2


def test_a_revoked_badge_is_not_printed_and_said(service: RegistryService, api: Any) -> None:
    first = service.register_many(PEOPLE)
    service.revoke(first[1].badge, None, "cancelled")
    assert make(api, "ref=A2&ref=B1")["result"]["left_out"] == ["A2"]
    assert make(api, "ref=A2")["error"] == (
        "There is no badge to print: the badge of 'A2' is revoked."
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "layout=..%2F..%2Fetc%2Fpasswd",
            "There is no layout '../../etc/passwd'; there are card-86x122, a6",
        ),
        ("ticket=vip", "There is no ticket type 'vip' in this event; should be "),
        ("venue=chengdo", "There is no venue 'chengdo' in this event; did you mean \"chengdu\"?"),
        ("organisation=Nobody&new=1", "There is no badge to print."),
    ],
)
def test_what_cannot_be_printed_is_said(
    service: RegistryService, api: Any, query: str, message: str
) -> None:
    service.register_many(PEOPLE)
    job = make(api, query)
    assert job["state"] == "failed"
    assert message in job["error"]


def test_an_unknown_order_is_refused(api: Any) -> None:
    answer = api.call("POST", "/badges/jobs?order=age", {})
    assert answer.status_code == 409
    assert "ref, name or organisation" in answer.json["error"]


def test_a_few_badges_can_be_had_at_once(service: RegistryService, api: Any) -> None:
    service.register_many(PEOPLE)
    answer = api.call("GET", "/badges?ref=A2")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")


def test_a_preview_is_one_badge_and_prints_nobody(service: RegistryService, api: Any) -> None:
    service.register_many(PEOPLE)
    assert make(api, "preview=1")["result"]["badges"] == 1
    assert make(api, "new=1")["result"]["badges"] == 3


def pictures(api: Any, kind: str) -> tuple[dict[str, bytes], list[dict[str, str]]]:
    """The pictures, and the rows of the list beside them."""
    job = make(api, f"pictures={kind}")
    data = api.call("GET", f"/jobs/{job['id']}/files/badges.zip").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    listed = files.pop("badges.csv").decode("utf-8-sig")
    return files, list(csv.DictReader(io.StringIO(listed, newline="")))


def test_each_picture_is_its_own_persons_and_a_list_says_whose(
    api: Any, service: RegistryService
) -> None:
    names = {
        "A/1": "李雷",
        "A_1": "韩梅梅",
        "A_1-2": "王伟",
        "P1": "张伟",
        "p1": "張偉",
        "../../etc": "陳大文",
    }
    for ref, name in names.items():
        extra = {"mail": "li@example.org"} if ref == "A/1" else {}
        service.register(Person(ref=ref, ticket="delegate", name=name, extra=extra))

    files, rows = pictures(api, "svg")

    assert sorted(files) == sorted(
        ["A%2F1.svg", "A_1.svg", "A_1-2.svg", "%501.svg", "p1.svg", "%2E.%2F..%2Fetc.svg"]
    )
    assert [row["file"] for row in rows] == list(files)
    for row in rows:
        assert row["name"] == names[row["ref"].removeprefix("'")]
        assert f"<title>{row['name']}</title>" in files[row["file"]].decode()
    assert [row["mail"] for row in rows if row["ref"] == "A/1"] == ["li@example.org"]
    assert make(api, "new=1")["result"]["badges"] == len(names)


def test_pictures_are_drawn_as_pixels_too(api: Any, service: RegistryService) -> None:
    service.register(Person(ref="张-7", ticket="delegate", name="李雷"))
    files, _ = pictures(api, "png")
    assert [(name, data[:4]) for name, data in files.items()] == [("张-7.png", b"\x89PNG")]
    assert api.call("POST", "/badges/jobs?pictures=gif").status_code == 409


def test_a_preview_is_a_picture_whose_code_no_door_takes(
    api: Any, service: RegistryService
) -> None:
    assert api.call("GET", "/badges/picture").status_code == 409
    badge = service.register(Person(ref="B1", ticket="delegate", name="李雷", language="zh-Hans"))
    for layout in ("card-86x122", "label-62"):
        answer = api.call("GET", f"/badges/picture?layout={layout}")
        assert answer.mimetype == "image/svg+xml"
        assert "<title>李雷</title>" in answer.text
        assert badge.text not in answer.text
    assert api.call("GET", "/badges/picture?layout=none").status_code == 409
