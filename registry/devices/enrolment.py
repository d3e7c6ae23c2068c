"""Kiosks: enrolled by a one-time code, given a gate, cut off."""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256

import msgspec
from sqlalchemy import delete, insert, select

from access.event.definition import Event
from access.log.chain import device_id
from access.log.entry import Kiosk, pack
from config.errors import instead
from registry.devices.own_log import OwnLog
from registry.storage import tables
from registry.storage.errors import RegistryError, UnknownError
from registry.storage.ledger import Ledger
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_certificate import certificate_for
from sync.wire.messages import Enrol, Enrolled

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1 and I, which people take for one another. 32 characters: five bits each."""

CODE_CHARACTERS = 8
HANDLE_CHARACTERS = 2
"""The first characters name the code, the others (30 bits) prove it. A wrong guess costs a code nothing, or strangers
could spend it: whoever asks counts the attempts (`registry.accounts.throttle`)."""

MINUTES = 10
_TRIES = 5
"""Kept in the table for registries of version 0.1.0, which count wrong guesses there."""

MINUTE_MS = 60_000

REFUSED = "The code is wrong, used or too old. Ask at the centre for a new one."


class Enrolment:
    """Enrols, assigns and cuts off kiosks, by entries of the registry's log. Each method is one transaction."""

    def __init__(
        self,
        ledger: Ledger,
        log: OwnLog,
        identity: DeviceKey,
        now_ms: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._identity = identity
        self._now_ms = now_ms
        self._random = random

    def new_code(self, event: Event, gate: str | None, minutes: int = MINUTES) -> str:
        """A code with which one kiosk can enrol, for a gate or (None) as a spare. Raises UnknownError."""
        _known_gate(event, gate)
        code = tables.code.c
        now_ms = self._now_ms()
        with self._ledger.transaction():
            self._ledger.write(delete(tables.code).where(code.expires_ms <= now_ms))
            open_ones = {handle for (handle,) in self._ledger.read(select(code.handle))}
            drawn = self._draw()
            while drawn[:HANDLE_CHARACTERS] in open_ones:
                drawn = self._draw()
            row = {
                "handle": drawn[:HANDLE_CHARACTERS],
                "digest": sha256(drawn.encode()).digest(),
                "gate": gate,
                "expires_ms": now_ms + minutes * MINUTE_MS,
                "tries": _TRIES,
            }
            self._ledger.write(insert(tables.code).values(row))
        return drawn

    def _draw(self) -> str:
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in self._random(CODE_CHARACTERS))

    def enrol(self, event: Event, keys: Mapping[int, bytes], asked: Enrol) -> Enrolled:
        """Enrol a kiosk whose signature over its request was checked, and give it the event and its keys to begin
        with; the answer has the reason where it is refused."""
        device = device_id(asked.public)
        with self._ledger.transaction():
            known = self._ledger.kiosk(device)
            if known is not None and known.cut_off:
                refused = "This kiosk's key was cut off. Delete its data folder, so that it makes a new key."
                return self._answer(asked, event, None, refused)
            found, gate = self._use(asked.code)
            if not found:
                return self._answer(asked, event, None, REFUSED)
            if gate is None and known is not None:
                gate = known.gate
            kiosk = Kiosk(
                device=device,
                public=asked.public,
                gate=gate,
                address=asked.address,
                certificate=asked.certificate,
                seats=known.seats if known is not None else {},
                name=asked.name,
            )
            self._log.append("kiosk", kiosk)
            answer = self._answer(asked, event, gate, "")
            return msgspec.structs.replace(
                answer,
                warrant=certificate_for(kiosk, self._identity),
                definition=pack(event),
                keys=sorted(keys.items()),
            )

    def _answer(self, asked: Enrol, event: Event, gate: str | None, refused: str) -> Enrolled:
        return Enrolled(self._identity.public, asked.nonce, event.id, gate, refused)

    def open_handle(self, typed: str) -> str | None:
        """The beginning of a code that is open and begins as this one, or None."""
        handle = _plain(typed)[:HANDLE_CHARACTERS]
        column = tables.code.c
        alive = select(column.handle).where(
            column.handle == handle, column.expires_ms > self._now_ms()
        )
        return handle if self._ledger.read(alive) else None

    def _use(self, typed: str) -> tuple[bool, str | None]:
        """Whether a code is good, and the gate it is for. A good one is used up."""
        code = _plain(typed)
        column = tables.code.c
        of_handle = column.handle == code[:HANDLE_CHARACTERS]
        rows = self._ledger.read(select(tables.code).where(of_handle))
        if not rows:
            return False, None
        row = rows[0]
        good = hmac.compare_digest(row.digest, sha256(code.encode()).digest())
        alive = row.expires_ms > self._now_ms()
        if good or not alive:
            self._ledger.write(delete(tables.code).where(of_handle))
        return good and alive, row.gate

    def assign(self, event: Event, device: str, gate: str | None) -> None:
        """Put a kiosk at a gate, or (None) take it away from one. Raises UnknownError."""
        _known_gate(event, gate)
        self._change(device, gate=gate)

    def cut_off(self, device: str, believed: dict[str, int] | None) -> None:
        """Accept a kiosk's logs up to these last numbers by log, and nothing after; None: up to what is stored now.
        Raises UnknownError."""
        with self._ledger.transaction():
            if believed is None:
                believed = {
                    log: max(seq for seq, _ in tips)
                    for log, tips in self._ledger.vector().items()
                    if log.startswith(device)
                }
            self._change(device, cut_off=True, believed=believed)

    def free_seats(self, event: Event, device: str, area: str, seats: int) -> None:
        """Give a kiosk seats of an area, as those that a wiped one took with it. Raises UnknownError."""
        capacities = {area.id: area.capacity for area in event.areas}
        capacities |= {venue.id: venue.capacity for venue in event.venues}
        if capacities.get(area) is None:
            limited = [one for one, capacity in capacities.items() if capacity is not None]
            raise UnknownError(f"No area {area!r} has a capacity; {instead(area, limited)}")
        if seats < 1:
            raise RegistryError("The number of seats to free should be 1 or more.")
        with self._ledger.transaction():
            kiosk = self._kiosk(device)
            if kiosk.gate is None:
                raise RegistryError(
                    f"Kiosk {device} has no gate by the registry's word: assign it one, then give it the seats."
                )
            given = kiosk.seats
            self._change(device, seats={**given, area: given.get(area, 0) + seats})

    def reached_at(self, device: str, address: str, certificate: str) -> bool:
        """Record where a kiosk listens on its LAN (host:port, SHA-256 of its certificate; empty: nowhere).

        Called once the kiosk has sent all that it has of the registry's logs. An entry is written where the address is
        new, or where the kiosk is known by its enrolment certificate alone: a database restored from a backup lacks its
        entry. Return whether one was written."""
        known = self._ledger.kiosk(device)
        if known is None:
            return False
        news = address != "" and (known.address, known.certificate) != (address, certificate)
        if not news and known not in self._ledger.introduced():
            return False
        if not address:
            address, certificate = known.address, known.certificate
        self._change(device, address=address, certificate=certificate)
        return True

    def _kiosk(self, device: str) -> Kiosk:
        devices = self._ledger.devices()
        if device not in devices:
            raise UnknownError(f"No kiosk {device!r} is enrolled; {instead(device, devices)}")
        return devices[device]

    def _change(self, device: str, **changes: object) -> None:
        with self._ledger.transaction():
            self._log.append("kiosk", msgspec.structs.replace(self._kiosk(device), **changes))


def _known_gate(event: Event, gate: str | None) -> None:
    gates = [one.id for one in event.gates]
    if gate is not None and gate not in gates:
        raise UnknownError(f"The event has no gate {gate!r}; {instead(gate, gates)}")


def _plain(typed: str) -> str:
    """A code as it was drawn, without the blanks and in the case that people type."""
    return "".join(character for character in typed.upper() if character in ALPHABET)
