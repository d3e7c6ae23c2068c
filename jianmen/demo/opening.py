"""What there is before the doors open: the event, the registrants and their badges, and codes for the kiosks.

What happens here an organiser does with `jianmen registry init`, `import`, `revoke` and `enrol`. The demo keeps the
texts of the badges, as a print shop would, to draw them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from access.event.definition import Event, Language, Session
from access.log.clock_reading import ClockReading
from config.event_file import moved_to
from hardware.system.clock import SystemClock
from jianmen.demo.ground_truth import Guest
from registry.accounts.accounts import Accounts
from registry.roster.model import Form, Person
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Point

SEMINAR_BEGINS = timedelta(minutes=10)
"""The seminar of the demo begins in so long: its doors are open, and nobody passes on standby yet."""

ROUND_MS = 5 * 60_000
"""Programmes begin at five past, not at seven past."""

EARLY, NOON = 4 * 60, 12 * 60
"""When the event's day ends (minutes after midnight): at four, unless that would be soon."""


def going_on(event: Event, now: datetime, seminar: str) -> Event:
    """`event` with its first day today and the session `seminar` open now; all its sessions move along.

    Presence is emptied when a day ends: where four o'clock is near, the day ends at noon instead.
    """
    local = now.astimezone(ZoneInfo(event.timezone))
    ends_min = EARLY if 4 <= local.hour < 16 else NOON
    today: date = (local - timedelta(minutes=ends_min)).date()
    moved = msgspec.structs.replace(moved_to(event, today), day_ends_min=ends_min)
    shown = next(session for session in moved.sessions if session.id == seminar)
    by_ms = _ms(now + SEMINAR_BEGINS) - shown.starts_ms
    by_ms -= by_ms % ROUND_MS
    return msgspec.structs.replace(
        moved, sessions=tuple(_later(session, by_ms) for session in moved.sessions)
    )


def _later(session: Session, by_ms: int) -> Session:
    return msgspec.structs.replace(
        session, starts_ms=session.starts_ms + by_ms, ends_ms=session.ends_ms + by_ms
    )


def _ms(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


MAINLAND_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
)
MAINLAND_GIVEN = (
    "伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "超", "明", "霞", "平", "刚",
    "子涵", "梓轩", "浩然", "雨桐", "思远", "欣怡", "宇航", "佳琪", "俊杰", "诗涵", "志强", "晓东", "建华", "丽君",
    "天佑", "若曦", "一诺", "文博", "海燕", "春梅", "国栋", "雪莹",
)  # fmt: skip
MAINLAND_OFFICES = (
    "四川创新研究院", "成都智能制造有限公司", "绵阳科技城发展中心", "眉山新材料有限公司", "西部数据服务公司",
    "电子科技大学", "蓉城创业投资", "长虹路软件园",
)  # fmt: skip

HONG_KONG_SURNAMES = "陳黃李梁林鄭吳何張劉蔡楊葉馮羅曾謝鍾潘蘇鄧蕭葛歐"
HONG_KONG_GIVEN = (
    "嘉欣", "家豪", "詠詩", "志明", "美玲", "俊傑", "曉彤", "偉倫", "淑儀", "梓軒", "樂怡", "國榮", "穎琪", "浩賢",
    "慧敏", "子謙", "凱晴", "永康", "雅雯", "澤霖", "寶儀", "展鵬", "倩婷", "文軒",
)  # fmt: skip
HONG_KONG_OFFICES = (
    "香港創科協會", "維港金融科技", "九龍灣工業設計", "沙田生物科技", "將軍澳數據中心", "港島投資顧問",
)  # fmt: skip

WESTERN_GIVEN = (
    "Emma", "Liam", "Sofía", "Noah", "Chloé", "Lukas", "Anna", "James", "Zoë", "Mateo", "Freya", "Björn", "Grace",
    "Omar", "Nina", "Tomás", "Ruth", "Ivan", "Clara", "Søren",
)  # fmt: skip
WESTERN_SURNAMES = (
    "Smith", "Müller", "García", "O'Brien", "Dubois", "Rossi", "Novák", "Jensen", "Taylor", "Kowalski", "van Dijk",
    "Silva", "Andersson", "Brown", "Fischer", "Moreau", "Okafor", "Haddad", "MacLeod", "Nguyen",
)  # fmt: skip
WESTERN_OFFICES = (
    "Harbour Robotics", "Alpine Sensors AG", "Northern Light Ventures", "Delta Logistics", "Meridian Press",
)  # fmt: skip


def invent_name(random: Random) -> tuple[str, str, Language]:
    """A name, an organisation, and the language that such a person reads."""
    kind = random.random()
    if kind < 0.6:
        name = random.choice(MAINLAND_SURNAMES) + random.choice(MAINLAND_GIVEN)
        return name, random.choice(MAINLAND_OFFICES), "zh-Hans"
    if kind < 0.85:
        name = random.choice(HONG_KONG_SURNAMES) + random.choice(HONG_KONG_GIVEN)
        return name, random.choice(HONG_KONG_OFFICES), "zh-Hant"
    name = f"{random.choice(WESTERN_GIVEN)} {random.choice(WESTERN_SURNAMES)}"
    return name, random.choice(WESTERN_OFFICES), "en"


VENUE_SHARES = (0.5, 0.25, 0.25)
"""Of the venues in the order of the event file."""

TICKET_SHARES = {"delegate": 0.83, "speaker": 0.05, "media": 0.06, "online": 0.06}

SIGNED_SHARE = 0.06
"""Most badges were printed before the event, in the plain form."""

BOOKED_SHARE = 0.4
"""Of a venue's delegates, those who have booked the seminars there."""


def invent_people(event: Event, count: int, random: Random) -> list[Person]:
    """`count` registrants."""
    return [invent_person(event, f"R{number:05}", random) for number in range(1, count + 1)]


def invent_person(event: Event, ref: str, random: Random, form: Form | None = None) -> Person:
    """Somebody with a ticket for one venue and perhaps its seminars; speakers may go anywhere."""
    name, organisation, language = invent_name(random)
    ticket = random.choices([*TICKET_SHARES], [*TICKET_SHARES.values()])[0]
    venues = [venue.id for venue in event.venues]
    venue = random.choices(venues, VENUE_SHARES[: len(venues)])[0]
    books = ticket == "delegate" and random.random() < BOOKED_SHARE
    return Person(
        ref=ref,
        ticket=ticket,
        venues=None if ticket == "speaker" else (venue,),
        sessions=sessions_at(event, venue) if books else (),
        name=name,
        organisation=organisation,
        language=language,
        form=form or ("signed" if random.random() < SIGNED_SHARE else "plain"),
    )


def staff_person() -> Person:
    """The one who stands at the seminar door."""
    return Person(ref="STAFF", ticket="staff", name="门口 小姐", language="zh-Hans")


def sessions_at(event: Event, venue: str) -> tuple[str, ...]:
    """The sessions in the rooms of a venue."""
    rooms = {area.id for area in event.areas if area.venue == venue}
    return tuple(session.id for session in event.sessions if session.area in rooms)


REVOKED_SHARE = 0.03
STAFF_PIN = "60221407"
"""Of the demo's one key card. It opens nothing but the demo."""


@dataclass(frozen=True)
class Opening:
    """What the registry gave out before the doors opened. `key_card` is the text of the staff's; `roster` is how
    far the registry's log had come by then."""

    guests: list[Guest]
    key_card: str
    codes: dict[str, str]
    token: str
    password: str
    registry_log: str
    roster: Point


def prepare(
    data: Path, event: Event, people: Sequence[Person], urls: dict[str, str], random: Random
) -> Opening:
    """Begin the event in the folder `data`, register everybody, and make a one-time code for the kiosk of each gate in
    `urls`: gate -> the registry's address as seen from there."""
    clock = SystemClock()

    def read() -> ClockReading:
        now = clock.read()
        return ClockReading(now.mono_ms, now.wall_ms, now.synced)

    data.mkdir(parents=True)
    ledger = Ledger(None, data)
    try:
        service = RegistryService(ledger, read)
        service.init(event)
        guests = _register(service, people, random)
        staff = staff_person()
        [staff_badge] = service.register_many([staff])
        key_card = service.staff_keys.issue(staff_badge.badge, STAFF_PIN, event)
        accounts = Accounts(ledger, lambda: read().wall_ms)
        password = secrets.token_urlsafe(9)
        accounts.set_password("admin", password)
        _, token, _ = accounts.add_token("demo", "admin")
        identity = service.identity
        codes = {
            gate: EnrolmentCode(identity.fingerprint, service.enrol_code(gate), url).text()
            for gate, url in urls.items()
        }
        [(log, tips)] = ledger.vector().items()
        return Opening(guests, key_card.text, codes, token, password, log, tips[0])
    finally:
        ledger.close()


def _register(service: RegistryService, people: Sequence[Person], random: Random) -> list[Guest]:
    badges = service.register_many(people)
    guests = [Guest(*pair) for pair in zip(people, badges, strict=True)]
    on_site = [guest for guest in guests if guest.person.ticket == "delegate"]
    for guest in random.sample(on_site, max(1, round(len(on_site) * REVOKED_SHARE))):
        service.revoke(guest.badge.badge, None, "cancelled")
        guest.revoked = True
    return guests
