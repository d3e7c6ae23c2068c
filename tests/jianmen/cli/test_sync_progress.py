"""How far a carrier has come, in terms that a person in a hurry understands, and never better than it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from access.badge.credential import Claims
from access.log.clock_reading import ClockReading
from access.log.entry import BadgeIssued, digest_of
from jianmen.cli import sync_progress
from jianmen.cli.sync_progress import aged, cards_line, share, silent, target_lines, watch
from sync.carrier.journal_copy import JournalCopier
from sync.carrier.peer_worker import PeerState
from sync.store.journal import Journal
from sync.store.replica import Replica, ReplicaReader
from sync.wire.device_key import DeviceKey
from sync.wire.messages import SealedCard

NOW_MS = 1_795_000_000_000
REGISTRY = DeviceKey.from_seed(b"\x01" * 32)
MINUTE_MS = 60_000


def state(**known: Any) -> dict[str, Any]:
    return asdict(PeerState("https://registry", **known))


def said(**known: Any) -> list[str]:
    return list(target_lines("registry", state(**known), NOW_MS))


def test_a_first_sync_says_how_much_of_how_much_is_here() -> None:
    lines = said(last_contact_ms=NOW_MS - 900, held=19_968, behind=6_036, ahead=0)
    assert lines == [
        "registry: in touch",
        "  19,968 of 26,004 entries are here (76%), 6,036 to come",
    ]


def test_the_end_of_it_is_called_all() -> None:
    lines = said(last_contact_ms=NOW_MS, held=26_004, behind=0, ahead=1_200)
    assert lines[1:] == ["  all 26,004 entries are here", "  still to bring there: 1,200"]


def test_what_is_not_all_is_never_a_hundred_percent() -> None:
    assert share(149_999, 150_000, "entries").startswith(
        "149,999 of 150,000 entries are here (99%)"
    )
    assert share(0, 26_000, "name cards").endswith("(0%), 26,000 to come")


@pytest.mark.parametrize(
    ("ago_ms", "age"),
    [
        (8_000, "last in touch 8 s ago"),
        (3 * MINUTE_MS, "last in touch 3 min ago"),
        (150 * MINUTE_MS, "last in touch 2 h ago"),
        (72 * 60 * MINUTE_MS, "last in touch 3 days ago"),
        (-5_000, "last in touch 0 s ago"),
        (NOW_MS - 1, "last in touch at 1970-01-01 00:00 UTC"),
        (-(10**12), "last in touch at 2058-"),
        (None, "never in touch so far"),
    ],
)
def test_a_target_that_fails_says_why_and_since_when(ago_ms: int | None, age: str) -> None:
    last_ms = None if ago_ms is None else NOW_MS - ago_ms
    line, *_ = said(last_contact_ms=last_ms, failures=4, why="https://registry: cannot be reached")
    assert line.startswith(f"registry: https://registry: cannot be reached (4 tries; {age}")


def test_numbers_of_a_target_that_fails_are_those_of_then() -> None:
    lines = said(last_contact_ms=NOW_MS - MINUTE_MS, held=90, behind=10, failures=1, why="no")
    assert lines[0].endswith("(1 try; last in touch 1 min ago)")
    assert lines[1] == "  as of then, 90 of 100 entries are here (90%), 10 to come"


def test_silence_without_a_failure_asks_for_the_carrier() -> None:
    line, then = said(last_contact_ms=NOW_MS - 5 * MINUTE_MS, held=4, behind=0)
    assert line == "registry: last in touch 5 min ago; is the carrier running?"
    assert then == "  as of then, all 4 entries are here"
    assert silent(state(last_contact_ms=NOW_MS - 5 * MINUTE_MS), NOW_MS)
    assert not silent(state(last_contact_ms=NOW_MS - 50_000), NOW_MS)


def test_a_contact_of_this_boot_is_as_old_as_the_steady_clock_says() -> None:
    """In its first exchange a carrier knows the time only as a lower bound, minutes ago."""
    lagging = state(
        last_contact_ms=NOW_MS - 9 * MINUTE_MS, boot_id="this", contact_mono_ms=70_000, behind=5
    )
    assert not silent(aged(lagging, "this", 71_000, NOW_MS), NOW_MS)
    assert silent(aged(lagging, "another", 71_000, NOW_MS), NOW_MS)
    assert silent(aged(lagging, "", 71_000, NOW_MS), NOW_MS)


def test_what_was_not_believed_is_named() -> None:
    lines = said(last_contact_ms=NOW_MS, rejected={"0f0f": "entry 7 does not follow"})
    assert lines[-1] == "  not taken of log 0f0f: entry 7 does not follow"


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    """A replica whose roster names three cards, of which one is here."""
    path = tmp_path / "replica.db"
    with (
        closing(Replica(path, REGISTRY.public, REGISTRY.fingerprint)) as replica,
        closing(Journal(":memory:", REGISTRY)) as journal,
    ):
        now = ClockReading(1, NOW_MS, True)
        journal.begin(now, "", "first start", {}, None)
        for card in cards():
            claims = Claims(0, 1, 0, 1)
            badge = BadgeIssued(
                badge=card.digest[:5],
                issue=1,
                form="plain",
                claims=claims,
                verifier=bytes(32),
                card=card.digest,
            )
            journal.append("badge", badge, now)
        with replica.transaction():
            JournalCopier(replica, REGISTRY).copy(journal, NOW_MS)
            replica.keep_cards([cards()[0]])
        yield replica


def cards() -> list[SealedCard]:
    raws = (b"one", b"two", b"three")
    return [SealedCard(digest_of(raw), raw) for raw in raws]


def test_name_cards_are_counted(replica: Replica) -> None:
    assert cards_line(replica) == "1 of 3 name cards are here (33%), 2 to come"
    with replica.transaction():
        for card in cards():
            replica.keep_cards([card])
    assert cards_line(replica) == "all 3 name cards are here"
    replica.forget_cards()
    assert cards_line(replica) == ""


def test_watching_ends_once_everything_is_here_by_a_word_given_since(
    replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last carrier's report, that nothing was to come, may be of yesterday."""

    def tell(**known: Any) -> None:
        with replica.transaction():
            replica.set_target("registry", state(**known))

    def all_cards() -> None:
        with replica.transaction():
            for card in cards():
                replica.keep_cards([card])

    happens = iter(
        [
            lambda: tell(last_contact_ms=NOW_MS, behind=0, failures=1, why="cannot be reached"),
            lambda: tell(last_contact_ms=NOW_MS + 1, behind=None),
            lambda: tell(last_contact_ms=NOW_MS + 2, behind=5),
            lambda: tell(last_contact_ms=NOW_MS + 3, behind=0),
            all_cards,
        ]
    )
    tell(last_contact_ms=NOW_MS, behind=0)
    monkeypatch.setattr(sync_progress.time, "sleep", lambda _: next(happens)())

    watch(tmp_path / "replica.db")
    assert next(happens, None) is None
    with closing(ReplicaReader.at(tmp_path / "replica.db")) as reader:
        assert reader.card_counts() == (3, 3)
