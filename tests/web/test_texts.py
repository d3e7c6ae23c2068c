"""The catalogue of texts: complete in three languages, everything in it used, and everything used in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from access.event.definition import VERDICTS, GateMode, Language, Reentry
from access.log.entry import PrintOutcome
from access.rules.badge_prints import PRINT_WHYS
from access.rules.decide import Reason
from access.rules.opening_check import Case
from access.rules.phrases import ENGLISH
from access.state.conflicts import KINDS
from access.state.conflicts import Reading as ConflictReading
from config.languages import languages
from kiosk.door.readiness import Cause
from kiosk.pages.opening.report import PERSON_CHECKS
from kiosk.pages.staff_routes import UNDO_WHYS, WHYS
from kiosk.screen.attendee_screen import Action, Notice
from printing.signs import CAMERA_AT
from registry.dashboard import PAGES
from registry.http.error_texts import FILE as ERRORS
from registry.lists.wording import wording
from registry.queries.attendance import Phase, Status
from registry.queries.shapes import Trouble
from web.texts import best_language, catalogue, in_every_language, section, text

ROOT = Path(__file__).parents[2]
PLACEHOLDER = re.compile(r"\{(\w+)\}")
REASONS = get_args(Reason)
OPENS_ALWAYS = {"ok", "repeat", "not_inside", "standby", "reentry", "overridden"}

CLOSED_LISTS: dict[str, tuple[str, ...]] = {
    "attendee.added": (
        "superseded",
        "online_only",
        "standby",
        "already_inside",
        "not_a_badge",
        "wrong_venue",
    ),
    "attendee.refused": tuple(reason for reason in REASONS if reason not in OPENS_ALWAYS),
    "sign.at": CAMERA_AT,
    "staff.reason": REASONS,
    "staff.why": tuple(WHYS.values()),
    "staff.undo_why": tuple(UNDO_WHYS.values()),
    "notice": get_args(Notice),
    "cause": get_args(Cause),
    "dashboard.reason": REASONS,
    "dashboard.verdict": VERDICTS,
    "dashboard.reading": get_args(ConflictReading),
    "dashboard.trail.who": ("command",),
    "dashboard.conflict": KINDS,
    "dashboard.trouble": get_args(Trouble),
    "dashboard.clock": ("registry", "supervisor", "kernel", "neighbour"),
    "dashboard.method": ("camera", "scanner", "manual", "override"),
    "dashboard.proof": ("proven", "failed", "vouched", "none"),
    "dashboard.attendance.status": get_args(Status),
    "dashboard.attendance.phase": get_args(Phase),
    "dashboard.attendance.hybrid": ("on_site", "both", "online", "neither"),
    "dashboard.why": tuple(WHYS.values()),
    "dashboard.step": tuple(ENGLISH),
    "dashboard.step.reentry": get_args(Reentry),
    "dashboard.rule": ("exits", "session_doors", "exit_opens"),
    "attendee.print": (
        *(
            f"{one}{line}"
            for one in (
                "confirm",
                "printing",
                "waiting",
                "done",
                "doubt",
                "not_printed",
                "already",
                "doubt_elsewhere",
            )
            for line in ("", "_next")
        ),
        *get_args(Action),
        "no_name",
    ),
    "staff.print_reason": ("free", "printing", "in_doubt", "printed", "not_printed", "unknown"),
    "staff.print_why": PRINT_WHYS,
    "gate": get_args(GateMode),
    "dashboard.print_outcome": get_args(PrintOutcome),
    "dashboard.print_why": PRINT_WHYS,
    "gate.by": ("registry", "supervisor"),
    "camera": ("above", "below", "left", "right"),
    "menu": ("headcount", "staff", "gate", "opening", "close"),
    "opening.case": (*get_args(Case), "twice"),
    "opening.check": (
        *("clock", "disk", "registry", "roster", "versions", "camera", "scanner", "printer"),
        *PERSON_CHECKS,
    ),
    "dashboard.trail.of": (
        *(
            "code",
            "address",
            "host",
            "issue",
            "why",
            "kind",
            "answer",
            "gate",
            "device",
            "area",
            "seats",
        ),
        *("label", "access", "role", "account", "name", "day", "early", "file", "confirmed"),
        *("added", "updated", "revoked", "session", "venue", "format", "ref", "ticket", "order"),
        *("organisation", "layout", "new", "preview", "pictures", "number"),
        *("token_id", "hook_id", "login_id", "job_id"),
    ),
    "dashboard.nav": (*PAGES, "account"),
    "dashboard.did": (
        "begin_import",
        "begin_purge",
        "begin_desk_key",
        "make_attendance",
        "make_export",
        "cancel_job",
        "login",
        "logout",
        "register",
        "amend",
        "make_badges",
        "attendance_hybrid",
        "unrevoke",
        "import_people",
        "revoke",
        "reissue",
        "erase",
        "new_desk_key",
        "staff_pin",
        "enrol_code",
        "network_code",
        "assign",
        "cut_off",
        "free_seats",
        "rule",
        "close_day",
        "change_event",
        "test_badges",
        "new_signing_key",
        "retire_signing_key",
        "replace_key_cards",
        "purge",
        "new_token",
        "drop_token",
        "set_password",
        "set_own_password",
        "new_account",
        "set_role",
        "drop_account",
        "end_login",
        "new_hook",
        "drop_hook",
        "enrol_refused",
    ),
}
"""Prefixes of keys that are put together at run time, and every value that may follow."""


@pytest.mark.parametrize("language", languages())
def test_every_text_is_there_in_every_language_with_the_same_values(language: Language) -> None:
    texts = catalogue(language)
    assert texts.keys() == catalogue("en").keys()
    for key, found in texts.items():
        assert found.strip(), key
        wanted = set(PLACEHOLDER.findall(catalogue("en")[key]))
        assert set(PLACEHOLDER.findall(found)) == wanted, key


def test_no_language_borrows_english_texts() -> None:
    for language in languages():
        own = json.loads((ROOT / "web" / "texts" / f"{language}.json").read_text(encoding="utf-8"))
        assert own.keys() - {"language"} == catalogue("en").keys(), language


def test_chinese_is_chinese_and_the_two_scripts_differ() -> None:
    hant, hans = catalogue("zh-Hant"), catalogue("zh-Hans")
    for texts in (hant, hans):
        same = [key for key, value in texts.items() if value == catalogue("en")[key]]
        assert [
            key for key in same if re.search(r"[A-Za-z]{2}", PLACEHOLDER.sub("", texts[key]))
        ] == []
    assert sum(hant[key] != hans[key] for key in hant) > len(hant) * 0.75


@pytest.mark.parametrize("prefix", CLOSED_LISTS)
def test_every_value_of_a_closed_list_has_a_text(prefix: str) -> None:
    assert [one for one in CLOSED_LISTS[prefix] if f"{prefix}.{one}" not in catalogue("en")] == []


OTHER_WORDS: dict[Language, str] = {
    "zh-Hans": "证件|预订|员工|职员|闸口|环节|凭号|注销|登记处|摄像头失联|未有回报|文檔|你|名牌|账户|帐|镜头|扫描器|"
    "(?<!登记)中心|已登记者|活动资料|PIN",
    "zh-Hant": "證件|預訂|員工|工作人員|閘口|環節|憑號|註銷|登記處|中央|這部機|攝像頭|文檔|你|名牌|賬|打印(?!機)|金鑰|"
    "簽名|身分|單位|PIN",
}
"""One thing has one word on every screen, whoever reads it: 入场证, 工作人员, 通道, 场次, 预约, 回执码, 作废, 登记中心,
本机, 账号, 摄像头, 扫码器, 密码; 入場證, 職員, 通道, 場次, 預約, 回條碼, 作廢, 登記中心, 本機, 帳戶, 鏡頭, 掃描器,
列印, 密鑰, 密碼. Whoever reads is addressed as 您. These are the other words that they had."""


@pytest.mark.parametrize("language", OTHER_WORDS)
def test_one_thing_has_one_word(language: Language) -> None:
    other = re.compile(OTHER_WORDS[language])
    own = dict(catalogue(language)) | {
        f"list.{key}": found for key, found in wording(language).items()
    }
    column = 1 if language == "zh-Hant" else 2
    own |= {row[0]: row[column] for row in json.loads(ERRORS.read_text(encoding="utf-8"))}
    found = {key: text for key, text in own.items() if other.search(text.replace("\u200b", ""))}
    assert found == {}


def test_the_rule_book_gives_its_phrases_what_the_receipts_of_every_language_show() -> None:
    """A page may leave out a value, and never asks for one that the rule book does not give."""
    for key, english in ENGLISH.items():
        shown = set(PLACEHOLDER.findall(catalogue("en")[f"dashboard.step.{key}"]))
        assert shown <= set(PLACEHOLDER.findall(english)), key


def sources() -> str:
    """Everything that can name a key: code, scripts and templates."""
    return "\n".join(
        file.read_text(encoding="utf-8")
        for folder in ("kiosk", "printing", "registry", "web")
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in {".py", ".js", ".html"}
    )


def test_no_text_is_unused() -> None:
    """A key counts as used if it, or what follows its first part, stands somewhere in quotes or after a full stop."""
    source = sources()
    listed = {f"{prefix}.{one}" for prefix, ones in CLOSED_LISTS.items() for one in ones}
    unused = []
    for key in catalogue("en"):
        prefix, _, last = key.rpartition(".")
        if key in listed or prefix in CLOSED_LISTS or (last == "one" and prefix in catalogue("en")):
            continue
        names = {key, key.partition(".")[2], last} if last != "one" else {prefix.rpartition(".")[2]}
        if not any(re.search(rf"[\"'`.{{}}]{re.escape(name)}\b", source) for name in names):
            unused.append(key)
    assert unused == []


def test_scripts_and_templates_ask_only_for_texts_that_exist() -> None:
    texts = section("dashboard", "en")
    for script in (ROOT / "registry/dashboard/static").glob("*.js"):
        for key in re.findall(r'\bsay\(\s*"([a-z_.]+)"', script.read_text(encoding="utf-8")):
            assert key in texts, (script.name, key)
    for page in (ROOT / "registry/dashboard/templates").glob("*.html"):
        for key in re.findall(r'w\["([a-z_.]+)"\]', page.read_text(encoding="utf-8")):
            assert key in texts, (page.name, key)


def test_values_are_filled_in() -> None:
    assert text("attendee.next.gates", "zh-Hans", gates="C7") == "请到 C7，尚有座位"
    assert in_every_language("headcount")["of"]["en"] == "of {capacity}"
    with pytest.raises(KeyError):
        text("attendee.no_such_text", "en")


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "zh-HK,zh;q=0.9,en;q=0.8", "zh-Hant"),
        (None, "zh-TW", "zh-Hant"),
        (None, "zh-CN,zh;q=0.9", "zh-Hans"),
        (None, "zh-Hant-SG", "zh-Hant"),
        (None, "zh-Hans-HK,en;q=0.5", "zh-Hans"),
        (None, "en;q=0.2,yue;q=0.9", "zh-Hant"),
        (None, "yue-Hans-CN", "zh-Hans"),
        (None, "cmn-Hant,en;q=0.5", "zh-Hant"),
        (None, "cmn-Hant-CN", "zh-Hant"),
        (None, "cmn", "zh-Hans"),
        (None, "zh-cmn-Hant", "zh-Hant"),
        (None, "zh-yue-HK", "zh-Hant"),
        (None, "zh-min-nan", "zh-Hant"),
        (None, "wuu", "zh-Hans"),
        (None, "nan-TW", "zh-Hant"),
        (None, "fr-FR,en;q=0.5", "en"),
        (None, "en;q=0,zh-CN;q=0.1", "zh-Hans"),
        (None, "fr", "en"),
        (None, "*", "en"),
        (None, "", "en"),
        ("zh-Hans", "en", "zh-Hans"),
        ("klingon", "zh-HK", "zh-Hant"),
    ],
)
def test_the_readers_language_is_chosen_by_the_browsers_weights(
    asked: str | None, accepted: str, language: str
) -> None:
    assert best_language(asked, parse_accept_header(accepted, LanguageAccept)) == language
