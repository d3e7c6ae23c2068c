"""Badges are made, replaced, changed, withdrawn; what a door reads of them holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from access.badge.credential import (
    Claims,
    Plain,
    Signed,
    foreign,
    genuine,
    human_code,
    proves,
    read,
)
from access.badge.name_card import Card, card_hash, open_with_secret
from access.event.definition import Event
from access.log.entry import BadgeIssued, Revoked
from access.log.log_entry import LogEntry
from registry.roster.model import IssuedBadge, Person
from registry.service import Centre
from registry.storage.errors import RegistrationError, UnknownError

WEI = Person(
    ref="zhang",
    ticket="delegate",
    venues=("chengdu",),
    sessions=("industrialisation",),
    name="张伟",
    organisation="高新区",
    language="zh-Hans",
)
CODE = "QX7K-9M2P-4TRA-77HB-ZW3E"


def with_(person: Person, **changes: object) -> Person:
    return msgspec.structs.replace(person, **changes)


def listed(centre: Centre, issued: IssuedBadge) -> BadgeIssued:
    """The roster entry of an issue, as any door would fold it."""
    with centre.knowing() as known:
        entry = known.history(issued.badge).listed(issued.issue)
    assert entry is not None
    return entry


def card(centre: Centre, issued: IssuedBadge) -> Card:
    """The name card of an issue, as the exchange hands it out."""
    digest = listed(centre, issued).card
    assert digest is not None
    (sealed,) = centre.ledger.cards([digest])
    found = msgspec.msgpack.decode(sealed.raw, type=Card)
    assert sealed.digest == digest
    return found


def about(centre: Centre, issued: IssuedBadge) -> list[LogEntry]:
    return centre.ledger.about(issued.badge)


def secret(issued: IssuedBadge) -> bytes:
    badge = read(issued.text) or foreign(issued.text)
    return badge.secret


def test_a_plain_badge_is_proven_by_the_roster(centre: Centre) -> None:
    issued = centre.register(WEI)
    badge = read(issued.text)

    assert isinstance(badge, Plain)
    assert (badge.badge, badge.issue) == (issued.badge, 1)
    assert proves(badge.secret, listed(centre, issued).verifier)
    assert issued.code == human_code(issued.badge)


def test_the_claims_are_places_in_the_event_file(centre: Centre, event: Event) -> None:
    claims = listed(centre, centre.register(WEI)).claims

    assert event.tickets[claims.ticket].id == "delegate"
    assert claims.venues == 0b001
    assert claims.days == 0b11
    sessions = [session.id for session in event.sessions]
    assert claims.sessions == 1 << sessions.index("industrialisation")


def test_a_signed_badge_carries_its_claims_under_a_key_of_the_event(centre: Centre) -> None:
    issued = centre.register(with_(WEI, form="signed"))
    badge = read(issued.text)

    assert isinstance(badge, Signed)
    with centre.knowing() as known:
        assert genuine(badge, known.event_state.keys)
    assert badge.claims == listed(centre, issued).claims
    assert proves(badge.secret, listed(centre, issued).verifier)


def test_the_text_of_a_badge_can_be_had_again(centre: Centre) -> None:
    for form in ("plain", "signed"):
        issued = centre.register(with_(WEI, ref=form, form=form))

        assert centre.badge_text(issued.badge) == issued.text
        assert centre.badge(issued.badge, 1) == issued


def test_the_name_card_opens_for_the_badge_and_for_the_desk(centre: Centre) -> None:
    issued = centre.register(WEI)
    sealed = card(centre, issued)

    content = open_with_secret(sealed, secret(issued))
    assert content is not None
    assert (content.name, content.organisation, content.language) == ("张伟", "高新区", "zh-Hans")
    assert content.keys == ()
    assert open_with_secret(sealed, b"another secret") is None


def test_no_log_entry_and_no_printed_form_of_a_value_names_anybody(centre: Centre) -> None:
    issued = centre.register(WEI)

    for held in about(centre, issued):
        assert "张伟" not in repr(held)
        assert "高新区" not in repr(held)
    for value in (WEI, centre.person("zhang"), issued, centre.labels()[0]):
        assert "张伟" not in repr(value)
        assert issued.text not in repr(value)


def test_a_person_without_a_name_has_no_card(centre: Centre) -> None:
    issued = centre.register(Person(ref="nobody", ticket="delegate"))

    assert listed(centre, issued).card is None


def test_all_that_is_wrong_with_registrations_is_said_at_once(centre: Centre) -> None:
    centre.register(WEI)

    with pytest.raises(RegistrationError) as refused:
        centre.register_many(
            [
                Person(ref="a", ticket="delegat", venues=("chengd",), days=("2020-11-19",)),
                Person(ref="b", ticket="delegate", sessions=("knitting",), language="fr"),  # type: ignore[arg-type]
                Person(ref="b", ticket="delegate"),
                Person(ref="", ticket="delegate"),
                WEI,
                Person(ref="c", ticket="delegate", name="x" * 121),
                Person(ref="d", ticket="delegate", name="bell\x07"),
                Person(ref="e", ticket="delegate", form="foreign"),
                Person(ref="f", ticket="delegate", code=CODE),
                Person(ref="g", ticket="delegate", form="foreign", code="門" * 400),
                Person(ref="h", ticket="delegate", form="gold"),  # type: ignore[arg-type]
            ]
        )
    said = "\n".join(refused.value.mistakes)
    assert '\'a\': ticket "delegat" is not in the event; did you mean "delegate"?' in said
    for words in (
        'venue "chengd"', 'day "2020-11-19"', 'session "knitting"', 'language is "fr"',
        "'b': is there twice", "ref is empty", "'zhang': is registered already", "121 characters",
        "cannot be printed", "form is foreign and has no code", "form is plain and has a code",
        "code has 1200 bytes", 'form is "gold"',
    ):  # fmt: skip
        assert words in said
    assert {one.place for one in refused.value.refusals} == set(range(11))
    assert centre.people.count() == 1


def test_nothing_of_a_refused_batch_is_kept(centre: Centre) -> None:
    with pytest.raises(RegistrationError):
        centre.register_many([WEI, Person(ref="a", ticket="none")])

    assert centre.people.count() == 0
    assert centre.register(WEI).ref == "zhang"


def test_a_reissue_retires_the_badge_before_and_keeps_its_claims(centre: Centre) -> None:
    first = centre.register(WEI)
    second = centre.reissue(first.badge)

    assert (second.badge, second.issue) == (first.badge, 2)
    assert secret(second) != secret(first)
    assert listed(centre, second).claims == listed(centre, first).claims
    with centre.knowing() as known:
        assert known.history(first.badge).newest_issue("", None) == 2
    assert centre.badge_text(first.badge) == second.text
    assert centre.badge_text(first.badge, 1) == first.text


def test_after_a_reissue_a_search_finds_the_person_once(centre: Centre) -> None:
    first = centre.register(WEI)
    second = centre.reissue(first.badge)

    assert listed(centre, first).card is None
    assert centre.ledger.card(first.badge, 1) is None
    assert open_with_secret(card(centre, second), secret(second)) is not None


def test_a_signed_badge_is_reissued_signed(centre: Centre) -> None:
    first = centre.register(with_(WEI, form="signed"))
    badge = read(centre.reissue(first.badge).text)

    assert isinstance(badge, Signed)
    assert badge.issue == 2


def test_the_sixty_third_badge_is_the_last(centre: Centre) -> None:
    issued = centre.register(WEI)
    for _ in range(62):
        issued = centre.reissue(issued.badge)

    assert issued.issue == 63
    with pytest.raises(RegistrationError, match="63"):
        centre.reissue(issued.badge)


def test_a_badge_or_one_issue_of_it_is_revoked(centre: Centre) -> None:
    issued = centre.register(WEI)
    centre.revoke(issued.badge, 1, "stolen")
    centre.reissue(issued.badge)

    with centre.knowing() as known:
        history = known.history(issued.badge)
        assert history.revoked(1)
        assert not history.revoked(2)
    centre.revoke(issued.badge)
    with centre.knowing() as known:
        assert known.history(issued.badge).revoked(2)
    assert [held.body for held in about(centre, issued)][1] == Revoked(
        badge=issued.badge, issue=1, why="stolen"
    )


def test_what_nobody_has_cannot_be_changed(centre: Centre) -> None:
    issued = centre.register(WEI)

    with pytest.raises(UnknownError, match="issue 2"):
        centre.revoke(issued.badge, 2)
    for act in (centre.revoke, centre.reissue, centre.erase, centre.badge_text):
        with pytest.raises(UnknownError):
            act(b"other")
    with pytest.raises(UnknownError, match="nobody"):
        centre.person("nobody")
    with pytest.raises(UnknownError):
        centre.amend(Person(ref="nobody", ticket="delegate"))
    with pytest.raises(UnknownError):
        centre.labels(["nobody"])


def test_amended_claims_are_on_the_roster_and_the_badge_stays_good(centre: Centre) -> None:
    issued = centre.register(WEI)
    amended = centre.amend(with_(WEI, ticket="media", venues=None))

    assert amended == issued
    claims = listed(centre, issued).claims
    assert claims.venues == 0b111
    assert proves(secret(issued), listed(centre, issued).verifier)
    assert open_with_secret(card(centre, issued), secret(issued)) is not None


def test_an_amended_name_is_sealed_anew(centre: Centre) -> None:
    issued = centre.register(WEI)
    before = card(centre, issued)
    centre.amend(with_(WEI, name="張偉", language="zh-Hant"))

    content = open_with_secret(card(centre, issued), secret(issued))
    assert content is not None
    assert content.name == "張偉"
    assert centre.ledger.cards([card_hash(before)]) == []
    assert centre.person("zhang").name == "張偉"


def test_an_amendment_that_changes_nothing_writes_nothing(centre: Centre) -> None:
    issued = centre.register(WEI)
    centre.amend(WEI)

    assert len(about(centre, issued)) == 1


def test_an_amendment_names_its_mistakes(centre: Centre) -> None:
    centre.register(WEI)

    with pytest.raises(RegistrationError, match="ticket"):
        centre.amend(with_(WEI, ticket="none"))
    with pytest.raises(RegistrationError, match="another code"):
        centre.amend(with_(WEI, form="foreign", code=CODE))


def test_an_erased_person_is_forgotten_and_the_badge_still_opens(centre: Centre) -> None:
    issued = centre.register(WEI)
    second = centre.reissue(issued.badge)
    sealed = listed(centre, second).card
    assert sealed is not None
    centre.erase(issued.badge)

    assert centre.people.by_badge(issued.badge) is None
    assert centre.ledger.cards([sealed]) == []
    assert listed(centre, second).card is None
    assert proves(secret(second), listed(centre, second).verifier)
    with pytest.raises(UnknownError):
        centre.badge_text(issued.badge)


def test_an_erased_signed_badge_leaves_no_text_behind(centre: Centre) -> None:
    issued = centre.register(with_(WEI, form="signed"))
    centre.erase(issued.badge)

    assert centre.people.text(issued.badge, 1) is None


def test_a_code_of_another_system_is_a_badge(centre: Centre) -> None:
    issued = centre.register(with_(WEI, form="foreign", code=CODE))

    assert (issued.badge, issued.text) == (foreign(CODE).badge, CODE)
    assert listed(centre, issued).form == "foreign"
    assert proves(foreign(CODE).secret, listed(centre, issued).verifier)
    assert not issued.copyable
    assert open_with_secret(card(centre, issued), CODE.encode()) is not None


def test_a_code_that_can_be_guessed_seals_no_name(centre: Centre) -> None:
    issued = centre.register(with_(WEI, form="foreign", code="100234"))

    assert issued.copyable
    assert card(centre, issued).sealed_badge is None


def test_a_code_that_two_people_have_is_refused(centre: Centre) -> None:
    one = with_(WEI, ref="one", form="foreign", code=CODE)
    two = with_(WEI, ref="two", form="foreign", code=CODE)

    with pytest.raises(RegistrationError, match="'two': has the same code as 'one'"):
        centre.register_many([one, two])
    centre.register(one)
    with pytest.raises(RegistrationError, match="'two': has a code that somebody"):
        centre.register(two)


def test_two_codes_that_doors_cannot_tell_apart_are_refused(centre: Centre) -> None:
    # Their SHA-256 under our prefix begins with the same five bytes: found by trying.
    one = with_(WEI, ref="one", form="foreign", code="GUEST-2020-000000158811")
    two = with_(WEI, ref="two", form="foreign", code="GUEST-2020-000000613426")

    with pytest.raises(RegistrationError, match="'two': has a code that doors cannot tell"):
        centre.register_many([one, two])
    centre.register(one)
    with pytest.raises(RegistrationError, match="'two': has a code that somebody"):
        centre.register(two)


def test_a_lost_badge_of_another_system_is_replaced_by_one_of_ours(centre: Centre) -> None:
    person = with_(WEI, form="foreign", code=CODE)
    first = centre.register(person)
    second = centre.reissue(first.badge)
    badge = read(second.text)

    assert isinstance(badge, Plain)
    assert (badge.badge, badge.issue) == (first.badge, 2)
    assert proves(badge.secret, listed(centre, second).verifier)
    assert centre.amend(with_(person, name="张大伟")).issue == 2


def test_badges_of_many_people_are_made_in_one_go(centre: Centre) -> None:
    people = [Person(ref=f"r{n:04}", ticket="delegate", name="王小明") for n in range(1200)]
    issued = centre.register_many(people)

    assert [badge.ref for badge in issued] == [person.ref for person in people]
    assert len({badge.badge for badge in issued}) == 1200
    assert centre.people.count() == 1200


def test_labels_are_of_the_newest_good_badges_in_the_persons_language(centre: Centre) -> None:
    one = centre.register(WEI)
    two = centre.register(with_(WEI, ref="chan", name="陳大文", language="zh-Hant"))
    gone = centre.register(with_(WEI, ref="gone"))
    centre.revoke(gone.badge)
    newer = centre.reissue(one.badge)

    labels = {label.badge.ref: label for label in centre.labels()}
    assert set(labels) == {"zhang", "chan"}
    assert labels["zhang"].badge == newer
    assert labels["chan"].badge == two
    assert (labels["chan"].event, labels["zhang"].event) == (
        "創新升級・香港論壇",
        "创新升级・香港论坛",
    )
    assert [label.badge.ref for label in centre.labels(["chan"])] == ["chan"]


def test_badges_of_an_earlier_start_are_still_known(
    new_centre: Callable[..., Centre], event: Event, tmp_path: Path
) -> None:
    first = new_centre(tmp_path)
    first.init(event)
    issued = first.register(WEI)
    first.ledger.close()
    again = new_centre(tmp_path)

    assert again.badge_text(issued.badge) == issued.text
    assert listed(again, issued).claims == Claims(0, 1, listed(again, issued).claims.sessions, 3)
