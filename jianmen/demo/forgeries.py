"""Codes that must not open a door: altered badges, another event's, and what is no badge at all."""

from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge import credential
from access.badge.credential import BADGE_BYTES, SECRET_BYTES, Claims, Plain
from jianmen.rehearse.run import tampered

OTHER_EVENT = "book-fair-2020"

NO_BADGES = (
    "https://menu.example/lunch?table={}",
    "WIFI:T:WPA;S:forum-guest-{};P:welcome-welcome;;",
    "今日午餐:麻婆豆腐 {} 號桌",
    "tel:+8610000000{}",
)
"""What else people carry with a QR code on it."""


class Forger:
    """Makes such codes, the same ones for the same seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))

    def altered(self, text: str) -> str:
        """A badge of ours with one bit of its secret or signature flipped."""
        return tampered(text, "proof")

    def of_other_event(self) -> str:
        """A genuine signed badge of another event."""
        badge = self._random.randbytes(BADGE_BYTES)
        claims = Claims(ticket=0, venues=1, sessions=0, days=1)
        return credential.signed_text(credential.sign(self._key, 0, OTHER_EVENT, badge, 1, claims))

    def unknown(self) -> str:
        """A plain badge that no roster here has: another event's, by its looks one of ours."""
        random = self._random
        plain = Plain(random.randbytes(BADGE_BYTES), 1, random.randbytes(SECRET_BYTES))
        return credential.plain_text(plain)

    def no_badge(self) -> str:
        """The lunch menu, perhaps."""
        return self._random.choice(NO_BADGES).format(self._random.randrange(10, 90))
