"""The public interface's keys: key cards of the staff, the desk key that they unlock, and the keys that sign badges."""

import msgspec

from access.badge.desk_key import BadPinError
from registry.http import requests as bodies
from registry.http.operations import Interface
from registry.http.qr import drawn
from registry.http.resources.jobs import ended, finished, shown
from registry.jobs import Jobs, Work
from registry.queries import admin_shapes
from registry.queries.queries import Queries
from registry.queries.registrants import badge_of
from registry.roster.batch import discard
from registry.roster.keys.staff_keys import IssuedKeyCard
from registry.storage.errors import RegistryError, UnknownError

DESK_KEY = "desk_key"
KEY_CARDS = "key_cards"
"""The kinds of jobs."""


def add_keys(api: Interface, queries: Queries, jobs: Jobs) -> None:
    """Give the interface its routes about keys. All are an admin's."""
    _add_desk_key(api, queries, jobs)
    _add_staff_keys(api, queries)
    _add_key_cards(api, queries, jobs)
    _add_signing_keys(api, queries)


def _add_desk_key(api: Interface, queries: Queries, jobs: Jobs) -> None:
    def do(work: Work) -> admin_shapes.Resealed:
        service = queries.service
        work.stage(f"{DESK_KEY}.sealing", service.people.count())
        cards = service.staff_keys.new_desk_key(service.event, work.step, work.last_chance)
        return admin_shapes.Resealed(cards=cards)

    jobs.kind(DESK_KEY, do, lambda: discard(queries.service.ledger))

    @api.post(
        "/desk-key",
        "A new desk key, after a key card was lost: all name cards are sealed again, and all staff need new key cards",
        access="admin",
        answer=admin_shapes.Resealed,
    )
    def new_desk_key() -> admin_shapes.Resealed:
        _forget_erased(queries)
        return msgspec.json.decode(finished(jobs, DESK_KEY), type=admin_shapes.Resealed)

    @api.post(
        "/desk-key/jobs",
        "The same as a job, whose result is how many name cards were sealed again",
        access="admin",
        answer=admin_shapes.Job,
    )
    def begin_desk_key() -> admin_shapes.Job:
        _forget_erased(queries)
        return shown(jobs.start(DESK_KEY, {}), [])


def _add_staff_keys(api: Interface, queries: Queries) -> None:
    @api.post(
        "/registrants/<code>/pin",
        "A key card for a member of staff, which unlocks staff mode with this PIN; it is shown this once",
        access="admin",
        body=bodies.StaffPin,
        answer=admin_shapes.KeyCard,
    )
    def staff_pin(body: bodies.StaffPin, code: str) -> admin_shapes.KeyCard:
        service = queries.service
        try:
            card = service.staff_keys.issue(badge_of(code), body.pin, service.event)
        except BadPinError as error:
            raise RegistryError(str(error)) from error
        return _shown(card)

    @api.get(
        "/staff",
        "Everybody whose ticket has a role, and what unlocks names for them",
        access="admin",
        answer=admin_shapes.Staff,
    )
    def staff() -> admin_shapes.Staff:
        service = queries.service
        return admin_shapes.Staff(
            staff=[
                admin_shapes.StaffMember(
                    ref=one.ref,
                    code=one.code,
                    ticket=one.ticket,
                    roles=list(one.roles),
                    unlocks=one.unlocks,
                    guessable=one.guessable,
                )
                for one in service.staff_keys.members(service.event)
            ]
        )


def _add_key_cards(api: Interface, queries: Queries, jobs: Jobs) -> None:
    made: dict[str, list[IssuedKeyCard]] = {}
    """By job, in this process alone: nothing of a key card is stored."""

    def do(work: Work) -> None:
        service = queries.service
        work.stage(f"{DESK_KEY}.sealing", service.people.count())
        made[work.id] = service.staff_keys.replace_all(service.event, work.step, work.last_chance)

    jobs.kind(KEY_CARDS, do, lambda: discard(queries.service.ledger))

    @api.post(
        "/key-cards",
        "A new desk key, and a new key card with a drawn PIN for everybody who could unlock names; shown this once",
        access="admin",
        answer=admin_shapes.KeyCards,
    )
    def replace_key_cards() -> admin_shapes.KeyCards:
        _forget_erased(queries)
        job = jobs.start(KEY_CARDS, {})
        try:
            ended(jobs, job.id)
            return admin_shapes.KeyCards(cards=[_shown(card) for card in made[job.id]])
        finally:
            made.pop(job.id, None)


def _forget_erased(queries: Queries) -> None:
    """Forget those who were erased since a backup that was put back, before a job begins: an erasure stops whatever is
    going on."""
    queries.service.forget_erased()


def _shown(card: IssuedKeyCard) -> admin_shapes.KeyCard:
    return admin_shapes.KeyCard(
        ref=card.ref,
        code=card.code,
        text=card.text,
        typed=card.typed,
        pin=card.pin,
        qr=drawn(card.text, "q"),
    )


def _add_signing_keys(api: Interface, queries: Queries) -> None:
    @api.get(
        "/signing-keys",
        "The keys that sign badges: which one signs, which are still good, which are retired",
        access="admin",
        answer=admin_shapes.SigningKeys,
    )
    def signing_keys() -> admin_shapes.SigningKeys:
        with queries.service.snapshot() as known:
            keys = queries.service.signing_keys.all(known)
        return admin_shapes.SigningKeys(
            keys=[
                admin_shapes.SigningKey(
                    number=key.number,
                    fingerprint=key.fingerprint,
                    state=key.state,
                    badges=key.badges,
                )
                for key in keys
            ]
        )

    @api.post(
        "/signing-keys",
        "A new key, with which badges are signed from now on; the ones before stay good",
        access="admin",
        answer=admin_shapes.NewSigningKey,
    )
    def new_signing_key() -> admin_shapes.NewSigningKey:
        with queries.service.snapshot() as known:
            number = queries.service.signing_keys.rotate(known)
        return admin_shapes.NewSigningKey(number=number)

    @api.post(
        "/signing-keys/<number>/retire",
        "Doors no longer take badges that this key has signed; they are to be printed again",
        access="admin",
        answer=admin_shapes.RetiredSigningKey,
    )
    def retire_signing_key(number: str) -> admin_shapes.RetiredSigningKey:
        if not number.isascii() or not number.isdecimal():
            raise UnknownError(f"A key has a number, not {number[:20]!r}.")
        return admin_shapes.RetiredSigningKey(
            badges=queries.service.signing_keys.retire(int(number))
        )
