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
from registry.service import RegistryService
from registry.storage.errors import ChangedError, RegistrationError, UnknownError

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


def listed(service: RegistryService, issued: IssuedBadge) -> BadgeIssued:
    """The roster entry of an issue, as any door would fold it."""
    with service.snapshot() as known:
        entry = known.history(issued.badge).listed(issued.issue)
    assert entry is not None
    return entry


def card(service: RegistryService, issued: IssuedBadge) -> Card:
    """The name card of an issue, as the exchange hands it out."""
    digest = listed(service, issued).card
    assert digest is not None
    (sealed,) = service.ledger.cards([digest])
    found = msgspec.msgpack.decode(sealed.raw, type=Card)
    assert sealed.digest == digest
    return found


def about(service: RegistryService, issued: IssuedBadge) -> list[LogEntry]:
    return service.ledger.about(issued.badge)


def secret(issued: IssuedBadge) -> bytes:
    badge = read(issued.text) or foreign(issued.text)
    return badge.secret


def test_a_plain_badge_is_proven_by_the_roster(service: RegistryService) -> None:
    issued = service.register(WEI)
    badge = read(issued.text)

    assert isinstance(badge, Plain)
    assert (badge.badge, badge.issue) == (issued.badge, 1)
    assert proves(badge.secret, listed(service, issued).verifier)
    assert issued.code == human_code(issued.badge)


def test_the_claims_are_places_in_the_event_file(service: RegistryService, event: Event) -> None:
    claims = listed(service, service.register(WEI)).claims

    assert event.tickets[claims.ticket].id == "delegate"
    assert claims.venues == 0b001
    assert claims.days == 0b11
    sessions = [session.id for session in event.sessions]
    assert claims.sessions == 1 << sessions.index("industrialisation")


def test_a_signed_badge_carries_its_claims_under_a_key_of_the_event(
    service: RegistryService,
) -> None:
    issued = service.register(with_(WEI, form="signed"))
    badge = read(issued.text)

    assert isinstance(badge, Signed)
    with service.snapshot() as known:
        assert genuine(badge, known.event_state.keys)
    assert badge.claims == listed(service, issued).claims
    assert proves(badge.secret, listed(service, issued).verifier)


def test_the_text_of_a_badge_can_be_had_again(service: RegistryService) -> None:
    for form in ("plain", "signed"):
        issued = service.register(with_(WEI, ref=form, form=form))

        assert service.badge(issued.badge).text == issued.text
        assert service.badge(issued.badge, 1) == issued


def test_the_name_card_opens_for_the_badge_and_for_the_desk(service: RegistryService) -> None:
    issued = service.register(WEI)
    sealed = card(service, issued)

    content = open_with_secret(sealed, secret(issued))
    assert content is not None
    assert (content.name, content.organisation, content.language) == ("张伟", "高新区", "zh-Hans")
    assert content.keys == ()
    assert open_with_secret(sealed, b"another secret") is None


def test_no_log_entry_and_no_printed_form_of_a_value_names_anybody(
    service: RegistryService,
) -> None:
    issued = service.register(WEI)

    for entry in about(service, issued):
        assert "张伟" not in repr(entry)
        assert "高新区" not in repr(entry)
    for value in (WEI, service.person("zhang"), issued, service.labels()[0]):
        assert "张伟" not in repr(value)
        assert issued.text not in repr(value)


def test_a_person_without_a_name_has_no_card(service: RegistryService) -> None:
    issued = service.register(Person(ref="nobody", ticket="delegate"))

    assert listed(service, issued).card is None


def test_all_that_is_wrong_with_registrations_is_said_at_once(service: RegistryService) -> None:
    service.register(WEI)

    with pytest.raises(RegistrationError) as refused:
        service.register_many(
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
    text = "\n".join(refused.value.mistakes)
    assert '\'a\': ticket "delegat" is not in the event; did you mean "delegate"?' in text
    for line in (
        'venue "chengd"', 'day "2020-11-19" is not in the event; should be "2020-11-17" or "2020-11-18"',
        'session "knitting"', 'language is "fr"',
        "'b': is there twice", "ref is empty", "'zhang': is registered already", "121 characters",
        "cannot be printed", "form is foreign and has no code", "form is plain and has a code",
        "code has 1200 bytes", 'form is "gold"',
    ):  # fmt: skip
        assert line in text
    assert {one.number for one in refused.value.refusals} == set(range(11))
    assert service.people.count() == 1


def test_nothing_of_a_refused_batch_is_kept(service: RegistryService) -> None:
    with pytest.raises(RegistrationError):
        service.register_many([WEI, Person(ref="a", ticket="none")])

    assert service.people.count() == 0
    assert service.register(WEI).ref == "zhang"


def test_a_reissue_retires_the_badge_before_and_keeps_its_claims(service: RegistryService) -> None:
    first = service.register(WEI)
    second = service.reissue(first.badge)

    assert (second.badge, second.issue) == (first.badge, 2)
    assert secret(second) != secret(first)
    assert listed(service, second).claims == listed(service, first).claims
    with service.snapshot() as known:
        assert known.history(first.badge).newest_issue("", None) == 2
    assert service.badge(first.badge).text == second.text
    assert service.badge(first.badge, 1).text == first.text


def test_after_a_reissue_a_search_finds_the_person_once(service: RegistryService) -> None:
    first = service.register(WEI)
    second = service.reissue(first.badge)

    assert listed(service, first).card is None
    assert service.ledger.card(first.badge, 1) is None
    assert open_with_secret(card(service, second), secret(second)) is not None


def test_a_signed_badge_is_reissued_signed(service: RegistryService) -> None:
    first = service.register(with_(WEI, form="signed"))
    badge = read(service.reissue(first.badge).text)

    assert isinstance(badge, Signed)
    assert badge.issue == 2


def test_the_sixty_third_badge_is_the_last(service: RegistryService) -> None:
    issued = service.register(WEI)
    for _ in range(62):
        issued = service.reissue(issued.badge)

    assert issued.issue == 63
    with pytest.raises(RegistrationError, match="63"):
        service.reissue(issued.badge)


def test_a_badge_or_one_issue_of_it_is_revoked(service: RegistryService) -> None:
    issued = service.register(WEI)
    service.revoke(issued.badge, 1, "stolen")
    service.reissue(issued.badge)

    with service.snapshot() as known:
        history = known.history(issued.badge)
        assert history.revoked(1)
        assert not history.revoked(2)
    service.revoke(issued.badge)
    with service.snapshot() as known:
        assert known.history(issued.badge).revoked(2)
    assert [entry.body for entry in about(service, issued)][1] == Revoked(
        badge=issued.badge, issue=1, why="stolen"
    )


def test_what_nobody_has_cannot_be_changed(service: RegistryService) -> None:
    issued = service.register(WEI)

    with pytest.raises(UnknownError, match="print 2"):
        service.revoke(issued.badge, 2)
    for act in (service.revoke, service.reissue, service.erase, service.badge):
        with pytest.raises(UnknownError):
            act(b"other")
    with pytest.raises(UnknownError, match="nobody"):
        service.person("nobody")
    with pytest.raises(UnknownError):
        service.amend(Person(ref="nobody", ticket="delegate"))
    with pytest.raises(UnknownError):
        service.labels(["nobody"])


def test_amended_claims_are_on_the_roster_and_the_badge_stays_good(
    service: RegistryService,
) -> None:
    issued = service.register(WEI)
    amended = service.amend(with_(WEI, ticket="media", venues=None))

    assert amended == issued
    claims = listed(service, issued).claims
    assert claims.venues == 0b111
    assert proves(secret(issued), listed(service, issued).verifier)
    assert open_with_secret(card(service, issued), secret(issued)) is not None


def test_an_amended_name_is_sealed_anew(service: RegistryService) -> None:
    issued = service.register(WEI)
    before = card(service, issued)
    service.amend(with_(WEI, name="張偉", language="zh-Hant"))

    content = open_with_secret(card(service, issued), secret(issued))
    assert content is not None
    assert content.name == "張偉"
    assert service.ledger.cards([card_hash(before)]) == []
    assert service.person("zhang").name == "張偉"


def test_an_amendment_that_changes_nothing_writes_nothing(service: RegistryService) -> None:
    issued = service.register(WEI)
    service.amend(WEI)

    assert len(about(service, issued)) == 1


def test_an_amendment_of_what_has_changed_since_it_was_seen_is_refused(
    service: RegistryService,
) -> None:
    issued = service.register(WEI)
    for other in (with_(WEI, ticket="media"), with_(WEI, ticket="media", name="張偉")):
        seen = service.roster_state(issued.badge)
        service.amend(other)
        with pytest.raises(ChangedError):
            service.amend(with_(WEI, name="王偉"), seen)
    service.amend(with_(WEI, name="王偉"), service.roster_state(issued.badge))
    assert service.person("zhang").name == "王偉"


def test_an_amendment_names_its_mistakes(service: RegistryService) -> None:
    service.register(WEI)

    with pytest.raises(RegistrationError, match="ticket"):
        service.amend(with_(WEI, ticket="none"))
    with pytest.raises(RegistrationError, match="another code"):
        service.amend(with_(WEI, form="foreign", code=CODE))


def test_an_erased_person_is_forgotten_and_the_badge_still_opens(service: RegistryService) -> None:
    issued = service.register(WEI)
    second = service.reissue(issued.badge)
    sealed = listed(service, second).card
    assert sealed is not None
    service.erase(issued.badge)

    assert service.people.by_badge(issued.badge) is None
    assert service.ledger.cards([sealed]) == []
    assert listed(service, second).card is None
    assert proves(secret(second), listed(service, second).verifier)
    with pytest.raises(UnknownError):
        service.badge(issued.badge)


def test_an_erased_signed_badge_leaves_no_text_behind(service: RegistryService) -> None:
    issued = service.register(with_(WEI, form="signed"))
    service.erase(issued.badge)

    assert service.people.text(issued.badge, 1) is None


def test_a_code_of_another_system_is_a_badge(service: RegistryService) -> None:
    issued = service.register(with_(WEI, form="foreign", code=CODE))

    assert (issued.badge, issued.text) == (foreign(CODE).badge, CODE)
    assert listed(service, issued).form == "foreign"
    assert proves(foreign(CODE).secret, listed(service, issued).verifier)
    assert not issued.copyable
    assert open_with_secret(card(service, issued), CODE.encode()) is not None


def test_a_code_that_can_be_guessed_seals_no_name(service: RegistryService) -> None:
    issued = service.register(with_(WEI, form="foreign", code="100234"))

    assert issued.copyable
    assert card(service, issued).sealed_badge is None


def test_a_code_that_two_people_have_is_refused(service: RegistryService) -> None:
    one = with_(WEI, ref="one", form="foreign", code=CODE)
    two = with_(WEI, ref="two", form="foreign", code=CODE)

    with pytest.raises(RegistrationError, match="'two': has the same code as 'one'"):
        service.register_many([one, two])
    service.register(one)
    with pytest.raises(RegistrationError, match="'two': has a code that somebody"):
        service.register(two)


def test_a_code_whose_badge_was_revoked_for_good_is_nobodys_any_more(
    service: RegistryService,
) -> None:
    one = with_(WEI, ref="one", form="foreign", code=CODE)
    badge = service.register(one).badge
    service.revoke(badge, None, "lost")
    service.unrevoke(badge)

    with pytest.raises(RegistrationError, match="'two': has a code that somebody"):
        service.register(with_(WEI, ref="two", form="foreign", code=CODE))


def test_two_codes_that_doors_cannot_tell_apart_are_refused(service: RegistryService) -> None:
    # Their SHA-256 under our prefix begins with the same five bytes: found by trying.
    one = with_(WEI, ref="one", form="foreign", code="GUEST-2020-000000158811")
    two = with_(WEI, ref="two", form="foreign", code="GUEST-2020-000000613426")

    with pytest.raises(RegistrationError, match="'two': has a code that doors cannot tell"):
        service.register_many([one, two])
    service.register(one)
    with pytest.raises(RegistrationError, match="'two': has a code that somebody"):
        service.register(two)


def test_a_lost_badge_of_another_system_is_replaced_by_one_of_ours(
    service: RegistryService,
) -> None:
    person = with_(WEI, form="foreign", code=CODE)
    first = service.register(person)
    second = service.reissue(first.badge)
    badge = read(second.text)

    assert isinstance(badge, Plain)
    assert (badge.badge, badge.issue) == (first.badge, 2)
    assert proves(badge.secret, listed(service, second).verifier)
    assert service.amend(with_(person, name="张大伟")).issue == 2


def test_badges_of_many_people_are_made_in_one_go(service: RegistryService) -> None:
    people = [Person(ref=f"r{n:04}", ticket="delegate", name="王小明") for n in range(1200)]
    issued = service.register_many(people)

    assert [badge.ref for badge in issued] == [person.ref for person in people]
    assert len({badge.badge for badge in issued}) == 1200
    assert service.people.count() == 1200


def test_labels_are_of_the_newest_good_badges_in_the_persons_language(
    service: RegistryService,
) -> None:
    one = service.register(WEI)
    two = service.register(with_(WEI, ref="chan", name="陳大文", language="zh-Hant"))
    gone = service.register(with_(WEI, ref="gone"))
    service.revoke(gone.badge)
    newer = service.reissue(one.badge)

    labels = {label.badge.ref: label for label in service.labels()}
    assert set(labels) == {"zhang", "chan"}
    assert labels["zhang"].badge == newer
    assert labels["chan"].badge == two
    assert (labels["chan"].event, labels["zhang"].event) == (
        "創新升級・香港論壇",
        "创新升级・香港论坛",
    )
    assert [label.badge.ref for label in service.labels(["chan"])] == ["chan"]


def test_badges_of_an_earlier_start_are_still_known(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> None:
    first = new_service(tmp_path)
    first.init(event)
    issued = first.register(WEI)
    first.ledger.close()
    again = new_service(tmp_path)

    assert again.badge(issued.badge).text == issued.text
    assert listed(again, issued).claims == Claims(0, 1, listed(again, issued).claims.sessions, 3)
