"""The roster: badges issued, replaced, changed and revoked. Each change is an entry of the registry's log."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from access.badge import credential
from access.badge.desk_key import WrappedKey
from access.event.definition import MAX_ISSUES, Event, Language, Names
from access.log.entry import BadgeIssued, Revoked, SamePerson
from access.state.log_state import LogState
from registry.devices.own_log import OwnLog
from registry.roster.badge_ids import badge_ids, random_ids
from registry.roster.badge_issuer import (
    BadgeIssuer,
    as_issued,
    plain_secret,
    secret_in,
)
from registry.roster.batch import SALT_BYTES, Batch, Sealing
from registry.roster.issues import staff_name_card
from registry.roster.keys.keyring import Keyring
from registry.roster.model import (
    Form,
    IssuedBadge,
    Known,
    Label,
    Person,
    RosterState,
    claims,
    mistakes,
)
from registry.roster.repository import People
from registry.roster.validation import refusals
from registry.storage.errors import ChangedError, Refusal, RegistrationError, UnknownError, refused
from registry.storage.ledger import Ledger


class Roster:
    """The roster's writer. Each method is one transaction; where it raises, nothing was stored."""

    def __init__(
        self,
        ledger: Ledger,
        log: OwnLog,
        people: People,
        keys: Keyring,
        random: Callable[[int], bytes],
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._people = people
        self._keys = keys
        self._random = random

    # What is known of a badge.

    def issues(self, badge: bytes) -> dict[int, BadgeIssued]:
        """The newest roster entry of each issue, by issue. Empty for a badge that was never issued."""
        return {issued.issue: issued for issued in self.entries(badge)}

    def entries(self, badge: bytes) -> list[BadgeIssued]:
        """All that were ever written of a badge, oldest first."""
        entries = list(self._ledger.roster_of([badge]))
        entries.sort(key=lambda entry: (entry.wall_ms, entry.log, entry.seq))
        return [entry.body for entry in entries if isinstance(entry.body, BadgeIssued)]

    def known(self, badge: bytes) -> Known:
        """The person of a badge. Raises UnknownError."""
        known = self._people.by_badge(badge)
        if known is None:
            self._refuse_replaced(badge)
            raise UnknownError(f"Badge {credential.human_code(badge)} is nobody's here.")
        return known

    def _refuse_replaced(self, badge: bytes) -> None:
        """Raises UnknownError where the person of a badge was given another: nothing is done by an old code."""
        now = self._ledger.badge_now(badge)
        if now != badge:
            raise UnknownError(
                f"Badge {credential.human_code(badge)} is revoked for good; its person has the badge"
                f" {credential.human_code(now)} instead."
            )

    def by_ref(self, ref: str) -> Known:
        """The person of a ref. Raises UnknownError."""
        known = self._people.by_ref(ref)
        if known is None:
            raise UnknownError(f"Nobody is registered as {ref!r}.")
        return known

    def text(self, known: Known, issued: BadgeIssued) -> str:
        """The text of an issue's QR code. Raises UnknownError where it is not stored."""
        return self._text(known, issued, self._keys.badge_keys().master)

    def _text(self, known: Known, issued: BadgeIssued, master: bytes) -> str:
        if issued.form == "plain":
            secret = plain_secret(master, known, issued.issue)
            return credential.plain_text(credential.Plain(known.badge, issued.issue, secret))
        kept = self._people.text(known.badge, issued.issue)
        if kept is None:
            raise UnknownError(
                f"The text of {known.ref!r}, print {issued.issue}, is not kept here."
            )
        return kept

    def badge(self, known: Known, issue: int | None = None) -> IssuedBadge:
        """An issue of a person's badge as it was printed; None: the newest. Raises UnknownError."""
        issues = self.issues(known.badge)
        issued = issues.get(issue if issue is not None else max(issues, default=0))
        if issued is None:
            raise UnknownError(f"{known.ref!r} has no print {issue}.")
        return as_issued(known, issued, self.text(known, issued))

    def labels(self, known: LogState, event: Event, people: Iterable[Known]) -> Iterator[Label]:
        """What to print for people whose newest badge is good."""
        master = self._keys.badge_keys().master
        everyone = {person.badge: person for person in people}
        histories = dict(known.roster_histories(everyone))
        for badge, person in everyone.items():
            issued = histories[badge].good()
            if issued is None:
                continue
            yield Label(
                badge=as_issued(person, issued, self._text(person, issued, master)),
                name=person.name,
                organisation=person.organisation,
                language=person.language,
                ticket=name_in(person.language, event.tickets[issued.claims.ticket].name),
                event=name_in(person.language, event.name),
                claims=issued.claims,
                extra=person.extra,
            )

    # Registering.

    def register_by_hand(self, person: Person, event: Event) -> IssuedBadge:
        """Register a person who is in no list; one without a ref gets the next number of the registry. Raises
        RegistrationError."""
        with self._ledger.transaction():  # so that no other desk takes the same number
            ref = person.ref or self._people.next_walk_up()
            [issued] = self.register([msgspec.structs.replace(person, ref=ref)], event)
            self._people.set_origin([issued.badge], listed=False)
            return issued

    def register(self, people: Sequence[Person], event: Event) -> list[IssuedBadge]:
        """Register people and issue their badges, all or none. Raises RegistrationError with all mistakes."""
        with self._ledger.transaction():
            badges = self._badges(people, event)
            issuer = self.issuer(event)
            known = [
                self._known(person, badge, self._random(SALT_BYTES))
                for person, badge in zip(people, badges, strict=True)
            ]
            for person, one in zip(people, known, strict=True):
                issuer.issue(one, 1, person.form, claims(person, event), person.code)
            if known:
                self._people.add(known)
            self.keep(issuer)
            return issuer.badges

    @staticmethod
    def _known(person: Person, badge: bytes, salt: bytes, keys: tuple[str, ...] = ()) -> Known:
        return Known(
            badge=badge,
            ref=person.ref,
            name=person.name,
            organisation=person.organisation,
            language=person.language,
            keys=keys,
            salt=salt,
            extra=person.extra,
        )

    def batch(self, event: Event, issuer: BadgeIssuer | None = None) -> Batch:
        """A batch of people to be registered, changed and revoked at once. `issuer` makes their badges (None: with the
        present keys)."""
        return Batch(
            self._ledger,
            self._log,
            self._people,
            event,
            issuer or self.issuer(event, with_badges=False),
            Sealing(self._known, self._renew_entry),
            self._random,
        )

    def _renew_entry(
        self, issuer: BadgeIssuer, known: Known, entry: BadgeIssued, event: Event
    ) -> None:
        """Write the entry of an issue and its name card again, from the person's present row."""
        text = self.text(known, entry)
        has_role = event.tickets[entry.claims.ticket].roles
        locks = self._locks(entry) if has_role else (None, None)
        issuer.add_roster_entry(known, entry, text, secret_in(text), *locks)

    def refusals(self, people: Sequence[Person], event: Event) -> list[Refusal]:
        """Why these people cannot be registered; empty: they can."""
        codes = [credential.foreign(person.code).badge for person in people if person.code]
        return refusals(
            people,
            event,
            self._people.refs_taken([person.ref for person in people]),
            self._people.badges_taken(codes),
        )

    def _badges(self, people: Sequence[Person], event: Event) -> list[bytes]:
        """An id for each person's badge: a foreign code's own, or a new one. Raises RegistrationError."""
        found = self.refusals(people, event)
        if found:
            raise RegistrationError(found)
        return badge_ids(people, self._people, self._random)

    def issuer(
        self, event: Event, *, with_badges: bool = True, desk: bytes | None = None
    ) -> BadgeIssuer:
        """A maker of badges of this event with the present keys; `desk`: but with this desk key."""
        keys = self._keys.badge_keys()
        if desk is not None:
            keys = replace(keys, desk=desk)
        return BadgeIssuer(event, keys, self._random, with_badges=with_badges)

    def keep(self, issuer: BadgeIssuer) -> None:
        """Store what was made: roster entries, name cards, texts."""
        self._log.extend(issuer.entries)
        self._ledger.keep_cards(issuer.cards)
        self._people.keep_texts(issuer.texts)

    # Changing.

    def reissue(self, badge: bytes, event: Event, newest: int | None = None) -> IssuedBadge:
        """A new issue with the same form and claims; it retires the ones before. A badge of another system is
        replaced by a plain one of ours. `newest`: the newest issue that the asker knows.

        Raises UnknownError, RegistrationError after 63 issues; ChangedError where there is a newer one than `newest`.
        """
        with self._ledger.transaction():
            known = self.known(badge)
            issues = self.issues(badge)
            _as_seen(issues, newest)
            last = issues[max(issues)]
            if last.issue >= MAX_ISSUES:
                raise refused(known.ref, f"has had {MAX_ISSUES} badges, the most there can be")
            issuer = self.issuer(event)
            form: Form = "signed" if last.form == "signed" else "plain"
            _, locked = self._locks(last)
            # The new card comes first: whoever has only a part of these entries must not take the person for erased.
            issuer.issue(known, last.issue + 1, form, last.claims, locked=locked)
            for old in issues.values():
                if old.card is not None:  # a search finds each person once
                    issuer.withdraw_card(old)
            self.keep(issuer)
            return issuer.badges[0]

    def state(self, badge: bytes) -> RosterState:
        """A person and what their badge may do, as stored now. Raises UnknownError."""
        known = self.known(badge)
        return RosterState(known, self.newest(known).claims)

    def amend(self, person: Person, event: Event, seen: RosterState | None = None) -> IssuedBadge:
        """Change the name and rights of a registered person (of the same ref); their printed badge stays valid.

        Form and code stay as they are. Raises UnknownError, RegistrationError; ChangedError where they are not any
        more as they were `seen`.
        """
        with self._ledger.transaction():
            known = self.by_ref(person.ref)
            if seen is not None and seen != self.state(known.badge):
                raise ChangedError([])
            wrong = self._wrong_to_amend(known, person, event)
            if wrong:
                raise refused(person.ref, *wrong)
            last = self.newest(known)
            text = self.text(known, last)
            # Keys of an earlier release stay with the name: without a change no card is sealed again.
            keys = known.keys if person.name == known.name else ()
            changed = self._known(person, known.badge, known.salt, keys)
            entry = msgspec.structs.replace(last, claims=claims(person, event))
            if changed != known:
                self._people.change(changed)
                issuer = self.issuer(event)
                issuer.add_roster_entry(changed, entry, text, secret_in(text), *self._locks(last))
                self.keep(issuer)
            elif entry != last:
                self._log.append("badge", entry)
            return as_issued(changed, last, text)

    def respell(self, badge: bytes, issue: int, name: str, event: Event) -> bool:
        """Give the person of an issue a name that staff read on their badge: issue and rights stay. Return whether that
        was done; it is not where they are unknown here, or have a newer issue."""
        with self._ledger.transaction():
            known = self._people.by_badge(badge)
            if known is None or max(self.issues(badge)) != issue:
                return False
            last = self.newest(known)
            changed = msgspec.structs.replace(known, name=name, keys=())
            self._people.change(changed)
            issuer, text = self.issuer(event), self.text(known, last)
            issuer.add_roster_entry(changed, last, text, secret_in(text), *self._locks(last))
            self.keep(issuer)
            return True

    @staticmethod
    def _wrong_to_amend(known: Known, person: Person, event: Event) -> list[str]:
        wrong = mistakes(person, event)
        if person.code and credential.foreign(person.code).badge != known.badge:
            wrong.append("has another code than before; register it under a ref of its own")
        return wrong

    def _locks(self, issued: BadgeIssued) -> tuple[WrappedKey | None, WrappedKey | None]:
        """How an issue's name card carries the desk key: under badge and PIN, under key card and PIN."""
        card = staff_name_card(self._ledger, issued)
        return (card.wrapped, card.locked) if card is not None else (None, None)

    def newest(self, known: Known) -> BadgeIssued:
        """The entry of a person's newest issue."""
        issues = self.issues(known.badge)
        return issues[max(issues)]

    def revoke(self, badge: bytes, issue: int | None, why: str, newest: int | None = None) -> None:
        """A badge is no longer good: one issue of it, or (None) all, later ones too. Raises UnknownError; ChangedError
        where there is a newer issue than the `newest` that the asker knows."""
        with self._ledger.transaction():
            issues = self.issues(badge)
            _as_seen(issues, newest)
            if not issues or (issue is not None and issue not in issues):
                raise UnknownError(
                    f"Badge {credential.human_code(badge)} has no print {issue or 1}."
                )
            if None in self._revoked(badge):
                self._refuse_replaced(badge)
            self._log.append("revoke", Revoked(badge=badge, issue=issue, why=why))

    def unrevoke(self, badge: bytes, event: Event) -> IssuedBadge:
        """A person whose badge was revoked may come in again, with a new badge: a revocation is never taken back, since
        doors that are cut off would not learn of it. Of a badge that is revoked in all its issues the person gets
        another, and stays one person for all counts; else the next issue. Their key card, which is bound to its badge,
        opens nothing any more. Raises UnknownError, RegistrationError."""
        with self._ledger.transaction():
            known = self.known(badge)
            revoked = self._revoked(badge)
            if None not in revoked and self.newest(known).issue not in revoked:
                raise refused(known.ref, "has a badge that is not revoked")
            if None not in revoked:
                return self.reissue(badge, event)
            issuer, last = self.issuer(event), self.newest(known)
            [new] = random_ids(1, {badge}, self._people, self._random)
            moved = msgspec.structs.replace(known, badge=new, salt=self._random(SALT_BYTES))
            self._people.move(badge, moved, listed=last.form != "signed")
            # They come first: whoever has only a part of these entries must not take the person for erased.
            issuer.entries.append(("person", SamePerson(before=badge, after=new)))
            issuer.issue(moved, 1, "signed", last.claims)
            for old in self.issues(badge).values():
                if old.card is not None:
                    issuer.withdraw_card(old)
            self.keep(issuer)
            return issuer.badges[0]

    def _revoked(self, badge: bytes) -> set[int | None]:
        """The issues of a badge that are revoked; None among them: all."""
        return {
            entry.body.issue
            for entry in self._ledger.about(badge)
            if isinstance(entry.body, Revoked) and self._ledger.is_registry(entry.log)
        }

    def erase(self, badge: bytes, event: Event) -> None:
        """Forget a person: row, salt, texts and name cards, here and wherever the log goes. The badge itself, which
        names nobody any more, stays as good as it was. Raises UnknownError."""
        with self._ledger.transaction():
            self.known(badge)
            issuer = self.issuer(event)
            for issued in self.issues(badge).values():
                if issued.card is not None:
                    issuer.withdraw_card(issued)
            self.keep(issuer)
            self._people.forget(badge)


def _as_seen(issues: Mapping[int, BadgeIssued], newest: int | None) -> None:
    """Raises ChangedError where there is a newer issue than somebody has seen; None: they have not looked."""
    if newest is not None and max(issues, default=newest) > newest:
        raise ChangedError(
            ["issues"],
            f"Somebody else has made print {max(issues)} of this badge meanwhile; nothing was changed. Look, and"
            " try again.",
        )


def name_in(language: Language, names: Names) -> str:
    """A name in somebody's language; English is always there."""
    return names.get(language) or names["en"]
