"""An import is looked at first; what is then taken in is exactly that, or nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from access.badge import credential
from access.badge.name_card import Card, open_with_secret
from config import event_file
from config.languages import languages
from registry.lists.columns import Mapping
from registry.lists.findings import SpreadsheetError
from registry.lists.importing import Importer, Options, Report
from registry.lists.wording import wording
from registry.roster.badge_issuer import secret_in
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage import tables
from registry.storage.errors import RegistryError

SAMPLES = Path(__file__).parents[2] / "samples" / "lists" / "operator"
HEADER = "ref,name,organisation,language,ticket,venues,days,sessions\n"

Run = Callable[..., Report]


@pytest.fixture
def forum(new_service: Callable[..., RegistryService]) -> RegistryService:
    service = new_service()
    service.init(event_file.load(SAMPLES.parent / "operator-event.toml"))
    return service


@pytest.fixture
def run(forum: RegistryService) -> Run:
    """Runs an import of a sample, or of lines under the usual header."""
    importer = Importer(forum, lambda: 0)

    def go(content: str, *, whole: bool = False, **options: object) -> Report:
        data = (
            ("" if whole else HEADER).encode() + content.encode()
            if "\n" in content
            else (SAMPLES / content).read_bytes()
        )
        return importer.run(data, Options(file="list.csv", **options))  # type: ignore[arg-type]

    return go


def warnings(report: Report) -> list[str]:
    return [one.text.partition(": ")[2] for one in report.warnings]


def test_a_second_export_tells_new_changed_same_and_missing_apart(
    run: Run, forum: RegistryService
) -> None:
    assert run("export1.csv").added == 30
    before = forum.ledger.newest()
    seen = run("export2.csv", check=True)

    assert (seen.people, seen.added, seen.missing, seen.applied) == (32, 5, 3, False)
    assert seen.updated + seen.same == 27
    changes = {one.ref: one.changes for one in seen.changes}
    assert len(changes) == seen.updated
    assert [(c.field, c.after) for c in changes["UP900001"]] == [("name", "李䶮（改）")]
    assert [(c.field, c.before, c.after) for c in changes["UP900002"]] == [
        ("sessions", "", "ai; tea")
    ]
    assert forum.ledger.newest() == before


def test_what_was_looked_at_is_done_exactly(run: Run, forum: RegistryService) -> None:
    run("export1.csv")
    seen = run("export2.csv", check=True)
    done = run("export2.csv", update=True, revoke_missing=True, expect=seen.mark)

    assert done.applied
    assert (done.added, done.updated, done.same, done.revoked) == (
        seen.added,
        seen.updated,
        seen.same,
        3,
    )
    registered = forum.registered()
    assert {ref for ref, one in registered.items() if one.revoked} == {
        one.ref for one in seen.missing_people
    }
    again = run("export2.csv", update=True)
    assert (again.added, again.updated, again.same, again.missing) == (0, 0, 32, 0)


class Stages:
    """The stages that an import comes to, with how much each has to do."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []

    def stage(self, key: str, total: int = 0) -> None:
        self.seen.append((key, total))

    def step(self, done: int) -> None:
        pass

    def last_chance(self) -> None:
        pass


def test_a_list_is_read_once_for_its_preview_and_to_be_taken_in(forum: RegistryService) -> None:
    importer = Importer(forum, lambda: 0)
    data = (SAMPLES / "export1.csv").read_bytes()
    options = Options(file="list.csv", language="zh-Hans")
    seen = importer.run(data, msgspec.structs.replace(options, check=True))
    stages = Stages()
    done = importer.run(data, msgspec.structs.replace(options, expect=seen.mark), stages)
    assert stages.seen[0] == ("import.reading", 0)
    assert [key for key, _ in stages.seen].count("import.reading") == 1
    assert (done.added, done.warnings, done.columns) == (30, seen.warnings, seen.columns)
    # A preview of another list in between takes its place.
    looks = [
        importer.run(one, msgspec.structs.replace(options, check=True))
        for one in (data, data + b"\n")
    ]
    expecting = msgspec.structs.replace(options, expect=looks[0].mark)
    stages = Stages()
    assert importer.run(data, expecting, stages).same == 30
    assert [key for key, _ in stages.seen].count("import.reading") == 2


def test_without_being_asked_nobody_is_revoked(run: Run, forum: RegistryService) -> None:
    run("export1.csv")
    assert run("export2.csv", update=True).missing == 3

    assert not any(one.revoked for one in forum.registered().values())


def test_people_added_by_hand_are_not_missing_until_a_list_has_had_them(
    run: Run, forum: RegistryService
) -> None:
    forum.register(Person(ref="W1", name="Walk In", ticket="delegate", form="signed"))
    forum.register(Person(ref="W2", name="By Hand", ticket="delegate"))
    pat, signed = "R1,Pat,Org,en,delegate,,,\n", "R2,Sam,Org,en,delegate,,,,signed\n"
    seen = run(pat, check=True)
    assert (seen.missing, seen.at_desk) == (0, 2)
    assert [one.ref for one in seen.by_hand] == ["W1", "W2"]
    assert run(pat, revoke_missing=True).revoked == 0
    run(HEADER.replace("sessions", "sessions,form") + signed, whole=True)
    seen = run(pat, check=True)
    assert ([one.ref for one in seen.missing_people], seen.at_desk) == (["R2"], 2)
    listed = "W1,Walk In,,en,delegate,,,\nW2,By Hand,,en,delegate,,,\n"
    assert run(listed).same == 2, "nothing changes, so nothing need be allowed"
    assert run(pat, check=True).missing == 3


def test_a_preview_is_not_applied_to_another_roster(run: Run, forum: RegistryService) -> None:
    run("export1.csv")
    seen = run("export2.csv", check=True)
    forum.revoke(forum.person("UP900001").badge)

    with pytest.raises(RegistryError, match="not any more what the preview showed"):
        run("export2.csv", update=True, expect=seen.mark)
    assert forum.person("UP900001").name == "李䶮"


def test_a_walk_up_that_is_not_in_the_list_does_not_disturb_it(
    run: Run, forum: RegistryService
) -> None:
    run("export1.csv")
    seen = run("export2.csv", check=True)
    forum.register(Person(ref="W1", name="Walk In", ticket="delegate"))

    assert run("export2.csv", update=True, expect=seen.mark).applied


def test_another_list_is_not_what_was_looked_at(run: Run) -> None:
    seen = run("export1.csv", check=True)

    with pytest.raises(RegistryError, match="not any more what the preview showed"):
        run("export2.csv", update=True, expect=seen.mark)


def test_a_field_without_a_column_stays_as_it_was(forum: RegistryService) -> None:
    importer = Importer(forum, lambda: 0)
    first = (
        HEADER.strip() + ",phone\nR1,张伟,四川大学,zh-Hans,vip,hongkong,2026-11-28,ai,13880012345\n"
    )
    importer.run(first.encode(), Options())
    report = importer.run("ref,name,ticket,seat\nR1,张大伟,vip,B7\n".encode(), Options(update=True))

    assert [one.field for one in report.changes[0].changes] == ["name", "seat"]
    known = forum.registered()["R1"]
    assert (known.known.organisation, known.known.language) == ("四川大学", "zh-Hans")
    assert known.known.extra == {"phone": "13880012345", "seat": "B7"}
    assert known.issued is not None
    assert (known.issued.claims.venues, known.issued.claims.days) == (0b01, 0b01)


def test_bookings_that_a_badge_does_not_open_are_warned_of(run: Run) -> None:
    report = run("contradict.csv")

    assert (report.added, report.applied) == (2, True)
    assert warnings(report) == [
        'booked for "ai" in hongkong, where the badge is not valid',
        'booked for "ai" on 2026-11-28, when the badge is not valid',
        (
            "venues is empty while other rows name some: these people may enter at all venues."
            " Write * (all) where that is meant"
        ),
        (
            "days is empty while other rows name some: these people may enter on all days."
            " Write * (all) where that is meant"
        ),
        'booked for "ai" in hk-s221, which the ticket "media" does not open',
    ]


def test_a_booking_for_a_cancelled_session_is_warned_of(run: Run, forum: RegistryService) -> None:
    sessions = [
        msgspec.structs.replace(one, cancelled=one.id == "ai") for one in forum.event.sessions
    ]
    forum.update_event(msgspec.structs.replace(forum.event, sessions=tuple(sessions)))
    report = run("R1,Pat,Org,en,delegate,,,ai\n", check=True)
    assert 'booked for "ai", which is cancelled' in warnings(report)


def test_on_a_page_the_event_is_in_its_own_words(run: Run) -> None:
    report = run("contradict.csv", language="zh-Hans", command=False, check=True)

    assert [one.text for one in report.warnings] == [
        "list.csv:2: 预约了“应用人工智能”（香港），但入场证在该会场无效",
        "list.csv:2: 预约了“应用人工智能”（2026-11-28），但入场证当日无效",
        "list.csv:3: venues 为空，而其他行有填：这些人可进入全部会场；如确实如此，请填 *（全部）",
        "list.csv:3: days 为空，而其他行有填：这些人每天都可进入；如确实如此，请填 *（全部）",
        "list.csv:3: 预约了“应用人工智能”（S221 室），但“媒体”票不能进入",
    ]
    wrong = "A1,Ann,,en,delegat,hongkong,,\nA2,Bo,,en,媒体,重庆,,\n"
    mistakes = run(wrong, language="zh-Hans", command=False, check=True).mistakes
    assert [one.text for one in mistakes] == [
        "list.csv:2: ticket“delegat”不在活动中；是指“参会代表”吗？",
        "list.csv:3: venues“重庆”不在活动中；应为以下之一：“香港”、“乐山”",
    ]
    assert run("ragged.csv", language="zh-Hans", command=False, check=True).warnings[1].text == (
        "list.csv:2: 格数少于标题行；缺少的视为空白（第 2、5、8、11、14 行及另外 5 行）"
    )


def test_a_letter_that_no_badge_can_show_is_warned_of_once(run: Run) -> None:
    lines = ["ref,name,organisation,language,ticket,venues,days,sessions,code,form"]
    lines += [f"G{n},李\U00030000,\ua015 Ltd,zh-Hans,delegate,,,,," for n in range(3)]
    lines += ["G9,龍䶮𠮷 Łukasz สมชาย,O’Brien,zh-Hant,delegate,,,,,"]
    report = run("\n".join(lines[1:]) + "\n")
    told = [text for text in warnings(report) if "no font" in text]
    assert len(told) == 2
    assert "U+30000" in told[0]
    assert "rows 2, 3, 4" in told[0]


def test_more_bookings_than_seats_are_warned_of_whoever_made_them(run: Run) -> None:
    assert warnings(run("over.csv")) == ['"ai" has 400 bookings for 120 seats']
    assert warnings(run("R1,Pat,Org,en,delegate,,,ai\n")) == ['"ai" has 401 bookings for 120 seats']
    assert warnings(run("V1,Pat,Org,en,vip,,,ai\n")) == []


def test_warnings_are_mistakes_where_that_is_asked(run: Run, forum: RegistryService) -> None:
    with pytest.raises(SpreadsheetError, match="400 bookings for 120 seats"):
        run("over.csv", strict=True)
    assert forum.people.count() == 0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (credential.plain_text(credential.Plain(b"other", 1, bytes(11))), "form of our own badges"),
        ("AB\x07CD-1234-EFGH-5678-IJKL", "control character"),
    ],
)
def test_a_code_that_no_door_can_admit_is_named(
    forum: RegistryService, code: str, message: str
) -> None:
    data = f"ref,name,ticket,code\nR1,Pat,vip,{code}\n".encode()

    with pytest.raises(SpreadsheetError, match=message):
        Importer(forum, lambda: 0).run(data, Options())


def test_a_revoked_badge_in_the_list_stays_revoked_and_is_said(
    run: Run, forum: RegistryService
) -> None:
    run("R1,Pat,Org,en,delegate,,,\n")
    forum.revoke(forum.person("R1").badge)

    assert warnings(run("R1,Pat,Org,en,delegate,,,\n", update=True)) == [
        '"R1" is in the list, but their badge is revoked, and stays so'
    ]


def test_a_ref_that_differs_from_a_registered_one_in_capitals_only_is_told(run: Run) -> None:
    run("R1,Pat,Org,en,delegate,,,\n")

    assert warnings(run("r1,Pat,Org,en,delegate,,,\n", update=True, check=True)) == [
        '"r1" differs from "R1", who is registered already, in capital letters only; they are taken for two people'
    ]


def test_a_mapping_is_remembered_for_the_next_export(forum: RegistryService) -> None:
    importer = Importer(forum, lambda: 0)
    mapping = Mapping(
        columns={"Buchung": "ref", "Gast": "name"}, left_out=("Pass",), fill={"ticket": "vip"}
    )
    importer.run(b"Buchung;Gast;Pass\nB1;Ada;X1\n", Options(mapping=mapping))
    report = importer.run(b"Gast;Buchung;Pass\nBob;B2;X2\n", Options())

    assert (report.added, report.remembered) == (1, True)
    assert forum.person("B2").extra == {}
    titles = "Platz,Gast,ticket,sessions,\n,,,Applied AI,Tea and Agritech\n"
    importer.run(
        f"{titles}B3,Cy,vip,,x\n".encode(),
        Options(mapping=Mapping(columns={"Platz": "ref", "Gast": "name"})),
    )
    assert importer.run(f"{titles}B4,Di,vip,x,\n".encode(), Options()).remembered
    assert [forum.registered()[ref].known.name for ref in ("B3", "B4")] == ["Cy", "Di"]


def test_name_cards_of_an_import_open_with_their_badges(run: Run, forum: RegistryService) -> None:
    run("export1.csv")
    badge = forum.badge(forum.person("UP900001").badge)
    raw = forum.ledger.card(badge.badge, 1)

    assert raw is not None
    card = open_with_secret(msgspec.msgpack.decode(raw, type=Card), secret_in(badge.text))
    assert card is not None
    assert card.name == "李䶮"


class Stops:
    """Progress that stops an import at a stage."""

    def __init__(self, at: str) -> None:
        self._at = at
        self.stages: list[str] = []

    def stage(self, key: str, total: int = 0) -> None:
        self.stages.append(key)
        if key == self._at:
            raise InterruptedError

    def step(self, done: int) -> None:
        pass

    def last_chance(self) -> None:
        pass


@pytest.mark.parametrize(
    "at", ["import.reading", "import.comparing", "import.preparing", "import.writing"]
)
def test_an_import_that_is_stopped_has_done_nothing(forum: RegistryService, at: str) -> None:
    before = forum.ledger.newest()
    data = (SAMPLES / "export1.csv").read_bytes()
    with pytest.raises(InterruptedError):
        Importer(forum, lambda: 0).run(data, Options(), Stops(at))

    assert forum.people.count() == 0
    assert forum.ledger.newest() == before
    for table in (tables.card, tables.staged_person, tables.staged_card):
        assert forum.ledger.first(table.select()) is None


def test_somebody_registered_while_the_list_is_prepared_keeps_it_out(
    forum: RegistryService,
) -> None:
    class Rival(Stops):
        def stage(self, key: str, total: int = 0) -> None:
            if key == "import.writing":
                forum.register(Person(ref="UP900003", name="Somebody", ticket="vip"))

    data = (SAMPLES / "export1.csv").read_bytes()
    with pytest.raises(RegistryError, match="registered or changed meanwhile"):
        Importer(forum, lambda: 0).run(data, Options(), Rival(""))
    assert forum.people.count() == 1


def test_others_write_while_a_list_is_prepared(forum: RegistryService) -> None:
    class Beside(Stops):
        def stage(self, key: str, total: int = 0) -> None:
            self.stages.append(key)
            other = threading.Thread(
                target=lambda: forum.register(
                    Person(ref=f"W{len(self.stages)}", name="Walk In", ticket="vip")
                )
            )
            other.start()
            other.join(20)
            assert not other.is_alive()

    data = (SAMPLES / "export1.csv").read_bytes()
    report = Importer(forum, lambda: 0).run(data, Options(), Beside(""))
    assert report.applied
    assert forum.people.count() == 30 + 5


def test_the_texts_are_there_in_three_languages_with_the_same_values() -> None:
    english = wording("en")
    for language in languages():
        texts = wording(language)
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            braces = {one.split("}")[0] for one in text.split("{")[1:]}
            assert braces == {one.split("}")[0] for one in english[key].split("{")[1:]}, key


def test_an_entry_that_comes_just_before_does_not_keep_a_batch_out(forum: RegistryService) -> None:
    forum.register(Person(ref="W1", name="Walk In", ticket="vip"))
    batch = forum.batch()
    batch.register([Person(ref="R1", name="Pat", ticket="vip")], lambda _: None)
    rival = iter([forum.person("W1").badge])

    def still_so() -> bool:
        for badge in rival:
            forum.revoke(badge)
        return True

    batch.commit(still_so)
    assert set(forum.registered()) == {"R1", "W1"}
    vector = forum.ledger.vector()
    ((log, [(seq, _)]),) = vector.items()
    rows = forum.ledger.rows(log, 1, seq)
    assert [row.seq for row in rows] == list(range(1, seq + 1))
    assert forum.ledger.heads(log, seq - 1, 9)[0].digest == rows[-1].digest
