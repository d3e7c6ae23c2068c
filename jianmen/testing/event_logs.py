"""The logs of an event's kiosks and of its registry, written at true times; their clocks follow from those."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge.credential import Claims, verifier
from access.event.definition import Direction, Event, Verdict
from access.log.entry import (
    BadgeIssued,
    Body,
    Boot,
    Clock,
    ClockSource,
    EventDefined,
    Key,
    Kiosk,
    Method,
    Proof,
    Revoked,
    SamePerson,
    Scan,
    Void,
    pack,
)
from jianmen.testing.log_writer import LogWriter, WrittenEntry
from sync.wire.device_key import DeviceKey


def secret_of(badge: bytes, issue: int) -> bytes:
    """The secret of a plain badge that `RegistryWriter.issues` puts on the roster: 11 bytes, the same in every run."""
    return sha256(b"secret" + badge + bytes([issue])).digest()[:11]


class DeviceWriter(LogWriter):
    """A log whose entries are written at true times. The machine's steady clock began at true time `booted_ms`; its
    wall clock is `wall_off_ms` wrong."""

    def __init__(
        self, key: Ed25519PrivateKey, epoch: int, booted_ms: int, wall_off_ms: int = 0
    ) -> None:
        super().__init__(DeviceKey.of(key), f"{epoch:08x}")
        self.booted_ms = booted_ms
        self.wall_off_ms = wall_off_ms

    def mono(self, at_ms: int) -> int:
        """The steady clock at a true time."""
        return at_ms - self.booted_ms

    def writes(self, at_ms: int, kind: str, body: Body, *, synced: bool = False) -> WrittenEntry:
        """Append an entry at a true time."""
        return self.write(
            kind, body, at_ms + self.wall_off_ms, mono_ms=self.mono(at_ms), synced=synced
        )


class KioskWriter(DeviceWriter):
    """The kiosk of a gate. No trusted time is known in its log until `trusts` is called."""

    gate: str = ""

    def boots(self, at_ms: int | None = None, after: LogWriter | None = None) -> WrittenEntry:
        """Begin the log; `after` is the log that the device wrote before."""
        last = after.entries[-1] if after is not None else None
        body = Boot(
            device=self.device,
            previous=(last.log, last.seq, last.digest) if last is not None else None,
            boot_id=f"boot-{self.epoch}",
            why="power",
            versions={},
            gate=self.gate or None,
        )
        return self.writes(self.booted_ms if at_ms is None else at_ms, "boot", body)

    def trusts(
        self, at_ms: int, source: ClockSource = "registry", error_ms: int = 0, off_ms: int = 0
    ) -> WrittenEntry:
        """Receive a trusted time, `off_ms` away from the truth."""
        body = Clock(
            source=source, trusted_ms=at_ms + off_ms, mono_ms=self.mono(at_ms), error_ms=error_ms
        )
        return self.writes(at_ms, "clock", body)

    def scans(
        self,
        at_ms: int,
        badge: bytes | None,
        direction: Direction = "in",
        verdict: Verdict = "admit",
        reason: str = "ok",
        *,
        gate: str | None = None,
        issue: int | None = 1,
        proof: Proof | None = "proven",
        session: str | None = None,
        method: Method = "camera",
        seat: bool = False,
        claims: bytes | None = None,
        test: bool = False,
        verifier: bytes | None = None,
        area: str | None = None,
    ) -> WrittenEntry:
        """Record what was presented at the gate, and the answer; the fields are those of Scan."""
        body = Scan(
            gate=gate or self.gate,
            direction=direction,
            badge=badge,
            issue=issue if badge is not None else None,
            proof=proof,
            session=session,
            verdict=verdict,
            reason=reason,
            method=method,
            conditions=(),
            seat=seat,
            place=None,
            roster_issue=0,
            seats=None,
            roster_head=None,
            span=None,
            claims=claims,
            test=test,
            verifier=verifier,
            area=area,
        )
        return self.writes(at_ms, "scan", body)

    def voids(self, at_ms: int, entry: WrittenEntry, badge: bytes | None) -> WrittenEntry:
        """Staff withdraw an entry of somebody who was let in."""
        body = Void(entry=entry.ref, badge=badge, staff=b"STAFF", staff_issue=1, why="a mistake")
        return self.writes(at_ms, "void", body)


class RegistryWriter(DeviceWriter):
    """The registry, whose clock is right."""

    def defines(self, at_ms: int, event: Event) -> WrittenEntry:
        """Put an event's definition in force."""
        body = EventDefined(event=msgspec.Raw(pack(event)))
        return self.writes(at_ms, "event", body, synced=True)

    def issues(
        self,
        at_ms: int,
        badge: bytes,
        claims: Claims,
        issue: int = 1,
        form: Literal["plain", "signed", "foreign"] = "plain",
        secret: bytes | None = None,
    ) -> WrittenEntry:
        """Put a badge on the roster; without a secret, that of `secret_of`."""
        proof = verifier(secret_of(badge, issue) if secret is None else secret)
        body = BadgeIssued(badge=badge, issue=issue, form=form, claims=claims, verifier=proof)
        return self.writes(at_ms, "badge", body, synced=True)

    def revokes(self, at_ms: int, badge: bytes, issue: int | None = None) -> WrittenEntry:
        """Revoke one issue of a badge, or all of them."""
        body = Revoked(badge=badge, issue=issue, why="lost")
        return self.writes(at_ms, "revoke", body, synced=True)

    def gives_another(self, at_ms: int, before: bytes, after: bytes) -> WrittenEntry:
        """The person of a badge that was revoked has another one from now on."""
        body = SamePerson(before=before, after=after)
        return self.writes(at_ms, "person", body, synced=True)

    def assigns(
        self,
        at_ms: int,
        kiosk: LogWriter,
        gate: str | None,
        *,
        cut_off: bool = False,
        believed: dict[str, int] | None = None,
        seats: dict[str, int] | None = None,
    ) -> WrittenEntry:
        """Enrol a kiosk, give it a gate, or cut it off; the fields are those of Kiosk."""
        body = Kiosk(
            device=kiosk.device,
            public=kiosk.public,
            gate=gate,
            address="",
            certificate="",
            cut_off=cut_off,
            believed=believed or {},
            seats=seats or {},
        )
        return self.writes(at_ms, "kiosk", body, synced=True)

    def signs_with(self, at_ms: int, key: Ed25519PrivateKey, number: int = 1) -> WrittenEntry:
        """Publish a key that signs badges."""
        body = Key(number=number, public=key.public_key().public_bytes_raw())
        return self.writes(at_ms, "key", body, synced=True)
