"""A file of registrants is taken in whole, or every mistake in it is named with its line."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.lists.findings import SpreadsheetError
from registry.lists.importing import Report, import_file
from registry.roster.model import IssuedBadge
from registry.service import RegistryService
from registry.storage.errors import RegistryError

HEADER = "ref,name,organisation,language,ticket,venues,days,sessions"
WEI = "R1,张伟,高新区,zh-Hans,delegate,chengdu;meishan,2020-11-17,industrialisation"
CHAN = 'R2,陳大文,"Chan, Wong & Co",zh-Hant,media,*,*,'

Import = Callable[..., Report]


@pytest.fixture
def import_(service: RegistryService, tmp_path: Path) -> Import:
    """Imports lines of text, or bytes, as a file."""

    def run(*content: str | bytes, update: bool = False, encoding: str | None = None) -> Report:
        path = tmp_path / "people.csv"
        parts = [one if isinstance(one, bytes) else f"{one}\r\n".encode() for one in content]
        path.write_bytes(b"".join(parts))
        return import_file(service, path, update=update, encoding=encoding)

    return run


def badge(service: RegistryService, ref: str) -> IssuedBadge:
    """The newest badge of a person."""
    return service.badge(service.person(ref).badge)


def mistakes(refused: pytest.ExceptionInfo[SpreadsheetError]) -> dict[int, str]:
    """What is wrong, by the first line that has it."""
    return {one.lines[0]: one.text("en") for one in refused.value.findings}


def test_everybody_in_the_file_is_registered(import_: Import, service: RegistryService) -> None:
    imported = import_(HEADER, WEI, CHAN)

    assert (imported.added, imported.updated, imported.warnings) == (2, 0, [])
    assert service.person("R1").organisation == "高新区"
    assert service.person("R2").organisation == "Chan, Wong & Co"
    with service.snapshot() as known:
        newest = known.history(service.person("R1").badge).newest()
    assert newest is not None
    assert (newest.claims.venues, newest.claims.days) == (0b011, 0b01)


def test_a_byte_order_mark_and_empty_lines_do_no_harm(import_: Import) -> None:
    imported = import_(codecs.BOM_UTF8, HEADER, WEI, ",,,,,,,", "", CHAN)

    assert imported.added == 2


def test_columns_may_stand_in_any_order_and_in_capitals(
    import_: Import, service: RegistryService
) -> None:
    import_(
        "Form,Ticket,REF,name,organisation,language,venues,days,sessions",
        "signed,delegate,R1,Pat Press,,en,,,",
    )

    assert service.badge(service.person("R1").badge).form == "signed"


def test_blanks_around_a_cell_are_no_part_of_it(import_: Import, service: RegistryService) -> None:
    import_(HEADER, " R1 ,  Pat   Press , , en , delegate , chengdu ; meishan , , ")

    assert service.person("R1").name == "Pat Press"


def test_an_empty_file_and_a_wrong_header_say_what_is_right(import_: Import) -> None:
    with pytest.raises(SpreadsheetError, match="has no rows"):
        import_()
    with pytest.raises(SpreadsheetError) as refused:
        import_("ref,nam,organisation,language,ticket,venues,days,days", WEI)
    text = str(refused.value)
    assert 'people.csv:1: column "nam" is not known; did you mean "name"?' in text
    assert 'two columns have the title "days"' in text
    assert "the header lacks" not in text
    with pytest.raises(SpreadsheetError, match=r"lacks ref, name; .*: --map ref=TITLE$"):
        import_("organisation,ticket", "Org,delegate")
    with pytest.raises(SpreadsheetError, match=r"lacks ticket; .*: --fill ticket=ID$"):
        import_("ref,name", "R1,Pat")


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_file_with_other_separators_is_read(
    import_: Import, service: RegistryService, mark: str
) -> None:
    row = 'R1,张伟,高新区,zh-Hans,delegate,"chengdu;meishan",2020-11-17,industrialisation'
    import_(HEADER.replace(",", mark), row.replace(",", mark))

    assert service.person("R1").organisation == "高新区"


def test_all_mistakes_are_named_with_their_lines_and_nothing_is_kept(
    import_: Import, service: RegistryService
) -> None:
    with pytest.raises(SpreadsheetError) as refused:
        import_(
            HEADER,
            WEI,
            "R2,Pat,,en,delegat,,,",
            "R3,Pat, and somebody,,en,delegate,,,industrialisation",
            "R1,Again,,en,delegate,,,",
            ",Nobody,,en,delegate,,,",
            'R5,"over\r\ntwo lines",,en,delegate,,,',
            "R6,Pat,,fr,delegate,atlantis,,",
        )

    found = mistakes(refused)
    assert set(found) == {3, 4, 5, 6, 9}
    assert 'did you mean "delegate"?' in found[3]
    assert "has 9 cells" in found[4]
    assert found[5] == '"R1" is on line 2 too; each person has a ref of their own'
    assert "ref is empty" in found[6]
    assert [one.lines for one in refused.value.findings].count([9]) == 2
    assert service.people.count() == 0


def test_equal_mistakes_are_one_line_that_counts_its_rows(import_: Import) -> None:
    with pytest.raises(SpreadsheetError) as refused:
        import_(HEADER, *(f"R{n},Pat,,en,none,,," for n in range(26_000)))

    (line,) = str(refused.value).splitlines()
    assert line.startswith('people.csv:2: ticket "none" is not in the event; ')
    assert line.endswith("(rows 2, 3, 4, 5, 6 and 25,995 more)")


def test_mistakes_that_all_differ_are_listed_up_to_a_bound(import_: Import) -> None:
    with pytest.raises(SpreadsheetError) as refused:
        import_(HEADER, *(f"R{n},Pat,,en,none{n},,," for n in range(3000)))

    assert len(refused.value.findings) == 1001
    assert refused.value.rows == 3000


def test_a_quote_that_never_closes_is_named_by_its_line(import_: Import) -> None:
    with pytest.raises(SpreadsheetError, match=r"people\.csv:3: is no row of a CSV file"):
        import_(HEADER, WEI, 'R2,"Pat,,en,delegate,,,')


def test_a_person_registered_before_is_named_unless_the_import_updates(
    import_: Import, service: RegistryService
) -> None:
    import_(HEADER, WEI)
    first = badge(service, "R1")
    changed = WEI.replace("张伟", "张大伟")
    with pytest.raises(SpreadsheetError) as refused:
        import_(HEADER, CHAN, changed)
    assert '"R1" is registered already; --update' in mistakes(refused)[3]
    assert service.people.count() == 1

    second = import_(HEADER, CHAN, changed, update=True)
    assert (second.added, second.updated, second.same) == (1, 1, 0)
    assert badge(service, "R1") == first
    assert service.person("R1").name == "张大伟"


def test_the_same_file_again_with_update_changes_nothing(
    import_: Import, service: RegistryService
) -> None:
    import_(HEADER, WEI, CHAN)
    before = service.ledger.newest()

    again = import_(HEADER, WEI, CHAN, update=True)
    assert (again.updated, again.same) == (0, 2)
    assert service.ledger.newest() == before


def test_an_update_with_a_mistake_changes_nobody(import_: Import, service: RegistryService) -> None:
    import_(HEADER, WEI, CHAN)
    with pytest.raises(SpreadsheetError) as refused:
        import_(
            HEADER,
            WEI.replace("张伟", "张大伟"),
            CHAN.replace("media", "none"),
            "R3,Pat,,en,delegate,,,",
            update=True,
        )

    assert set(mistakes(refused)) == {3}
    assert service.person("R1").name == "张伟"
    assert service.people.count() == 2


def test_codes_of_another_system_come_in_and_weak_ones_are_reported(
    import_: Import, service: RegistryService
) -> None:
    imported = import_(
        f"{HEADER},code",
        f"{WEI},QX7K-9M2P-4TRA-77HB-ZW3E",
        f"{CHAN},100234",
        "R3,Pat,,en,delegate,*,*,,",
    )

    assert [badge(service, ref).form for ref in ("R1", "R2", "R3")] == [
        "foreign",
        "foreign",
        "plain",
    ]
    assert [one.text for one in imported.warnings] == [
        (
            "people.csv:3: the code of R2 can be guessed, and read off a stolen kiosk: no name is sealed under it,"
            " and it gives no role"
        )
    ]


def test_whoever_is_let_in_again_with_another_badge_is_the_same_in_their_list(
    import_: Import, service: RegistryService
) -> None:
    """Their first badge, of another system's code, stays revoked; the code stays theirs."""
    rows = (f"{HEADER},code", f"{WEI},QX7K-9M2P-4TRA-77HB-ZW3E")
    import_(*rows)
    service.revoke(service.person("R1").badge)
    service.unrevoke(service.person("R1").badge)
    assert service.people.origins() == {service.person("R1").badge: True}
    before = service.ledger.newest()

    again = import_(*rows)
    assert (again.added, again.updated, again.same) == (0, 0, 1)
    assert service.ledger.newest() == before
    with pytest.raises(SpreadsheetError, match="has another code than before"):
        import_(rows[0], f"{WEI},AX7K-9M2P-4TRA-77HB-ZW3E")
    with pytest.raises(SpreadsheetError, match="has a code that somebody registered earlier has"):
        import_(rows[0], f"{CHAN},QX7K-9M2P-4TRA-77HB-ZW3E")


def test_the_same_code_twice_is_named_by_line(import_: Import) -> None:
    with pytest.raises(SpreadsheetError) as refused:
        import_(f"{HEADER},code", f"{WEI},QX7K-9M2P", f"{CHAN},QX7K-9M2P")

    assert mistakes(refused) == {3: "'R2': has the same code as 'R1'"}


def test_a_broken_byte_is_named_by_line_and_place(
    import_: Import, service: RegistryService
) -> None:
    with pytest.raises(SpreadsheetError, match=r"people\.csv:3: byte 4 \(0xFF\) is not UTF-8"):
        import_(HEADER, WEI, b"R2,\xff,,en,delegate,,,\n")
    assert service.people.count() == 0


@pytest.mark.parametrize(
    ("encoding", "person", "name"),
    [
        ("gb18030", WEI, "张伟"),
        ("big5", CHAN, "陳大文"),
        ("big5hkscs", CHAN, "陳大文"),
        ("utf-16", WEI, "张伟"),
    ],
)
def test_a_file_in_another_encoding_is_read_with_and_without_its_name(
    import_: Import, service: RegistryService, encoding: str, person: str, name: str
) -> None:
    data = f"{HEADER}\n{person}\n".encode(encoding)

    assert import_(data).added == 1
    assert service.person(person.partition(",")[0]).name == name
    assert import_(data, update=True, encoding=encoding).same == 1


def test_a_file_of_no_known_encoding_is_to_be_saved_again(import_: Import) -> None:
    with pytest.raises(SpreadsheetError, match="save the file as CSV UTF-8"):
        import_(HEADER, b"\xff\xff\xff\xff\n")


def test_an_encoding_that_does_not_exist_is_named(import_: Import) -> None:
    with pytest.raises(
        RegistryError, match="should be one of utf-8, utf-16, gb18030, big5hkscs, big5"
    ):
        import_(HEADER, encoding="klingon")


def test_a_file_that_is_not_there_is_named(service: RegistryService, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"nowhere\.csv: cannot be read"):
        import_file(service, tmp_path / "nowhere.csv")


def test_an_update_of_one_whose_badge_was_replaced_keeps_the_new_badge(
    import_: Import, service: RegistryService
) -> None:
    row = f"{WEI},QX7K-9M2P-4TRA-77HB-ZW3E"
    import_(f"{HEADER},code", row)
    service.reissue(service.person("R1").badge)

    import_(f"{HEADER},code", row.replace("张伟", "张大伟"), update=True)
    updated = badge(service, "R1")
    assert (updated.issue, updated.form) == (2, "plain")
    assert service.person("R1").name == "张大伟"
