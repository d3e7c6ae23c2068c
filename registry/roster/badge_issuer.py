"""Makes badges: secret or signature, verifier, name card, text. Nothing is stored here."""

from collections.abc import Callable, Sequence

import msgspec

from access.badge import credential
from access.badge import key_card as key_cards
from access.badge.credential import Claims
from access.badge.desk_key import SALT_BYTES, StaffNameCard, WrappedKey, wrap
from access.badge.key_card import KeyCard
from access.badge.name_card import NONCE_BYTES, Card, card_hash, seal
from access.badge.secret_strength import is_strong
from access.event.definition import Event
from access.log.entry import BadgeIssued, Body, pack
from registry.roster.keys.keyring import BadgeKeys
from registry.roster.model import Form, IssuedBadge, Known
from sync.wire.messages import SealedCard


class BadgeIssuer:
    """Makes the badges of one batch, and collects what must be stored of them: roster entries, sealed cards, texts that
    cannot be derived again."""

    def __init__(
        self,
        event: Event,
        keys: BadgeKeys,
        random: Callable[[int], bytes],
        *,
        with_badges: bool = True,
    ) -> None:
        """`with_badges`: collect `badges` as well; a batch of thousands does not need them."""
        self._with_badges = with_badges
        self._event_id = event.id
        self._prints = any(gate.mode == "print" for gate in event.gates)
        self._keys = keys
        self._random = random
        self.badges: list[IssuedBadge] = []
        self.entries: list[tuple[str, Body]] = []
        self.cards: list[SealedCard] = []
        self.texts: list[tuple[bytes, int, str]] = []

    def issue(
        self,
        known: Known,
        issue: int,
        form: Form,
        claims: Claims,
        code: str | None = None,
        locked: WrappedKey | None = None,
    ) -> None:
        """Make one issue of a person's badge. `code` is what another system printed, of the form `foreign`; `locked`
        the desk key under the key card that its owner has already."""
        if form == "plain":
            secret = plain_secret(self._keys.master, known, issue)
            text = ""
            if self._with_badges:
                text = credential.plain_text(credential.Plain(known.badge, issue, secret))
        elif form == "signed":
            signed = credential.sign(
                self._keys.signing, self._keys.number, self._event_id, known.badge, issue, claims
            )
            secret, text = signed.secret, credential.signed_text(signed)
        else:
            text = code or ""
            secret = credential.foreign(text).secret
        if form != "plain":
            self.texts.append((known.badge, issue, text))
        verifier = credential.verifier(secret)
        issued = BadgeIssued(
            badge=known.badge, issue=issue, form=form, claims=claims, verifier=verifier
        )
        self.add_roster_entry(known, issued, text, secret, locked=locked)

    def add_roster_entry(
        self,
        known: Known,
        issued: BadgeIssued,
        text: str,
        secret: bytes,
        wrapped: WrappedKey | None = None,
        locked: WrappedKey | None = None,
    ) -> None:
        """Add the roster entry of an issue and its name card, for the first time or again. `wrapped` and `locked` are
        how the card of a member of staff carries the desk key (see `StaffNameCard`)."""
        code = ""
        if self._prints:  # a plain badge's text may not have been made yet
            plain = credential.Plain(known.badge, issued.issue, secret)
            code = text or credential.plain_text(plain)
        card = self._card(known, issued.issue, None if _copyable(issued, text) else secret, code)
        if card is not None and (wrapped is not None or locked is not None):
            card = StaffNameCard(
                card.badge, card.issue, card.sealed_badge, card.sealed_desk, wrapped, locked
            )
        digest = None
        if card is not None:
            digest = card_hash(card)
            self.cards.append(SealedCard(digest, pack(card)))
        entry = BadgeIssued(
            badge=issued.badge,
            issue=issued.issue,
            form=issued.form,
            claims=issued.claims,
            verifier=issued.verifier,
            card=digest,
        )
        self.entries.append(("badge", entry))
        if self._with_badges:
            self.badges.append(as_issued(known, entry, text))

    def sign_again(self, entries: Sequence[BadgeIssued]) -> None:
        """Make the texts of a person's signed issues once more, as far as they are of the present key. `entries`: all
        that were ever written of the badge; the text has the claims of one of them."""
        for one in entries:
            if one.form == "signed":
                signed = credential.sign(
                    self._keys.signing,
                    self._keys.number,
                    self._event_id,
                    one.badge,
                    one.issue,
                    one.claims,
                )
                text = (one.badge, one.issue, credential.signed_text(signed))
                if credential.proves(signed.secret, one.verifier) and text not in self.texts:
                    self.texts.append(text)

    def lock_desk_key(self, badge: bytes, pin: str) -> tuple[KeyCard, WrappedKey]:
        """A new key card, and the desk key locked to it and a PIN. Raises BadPinError."""
        card = KeyCard(badge, self._random(key_cards.SECRET_BYTES))
        salt, nonce = self._random(SALT_BYTES), self._random(NONCE_BYTES)
        return card, wrap(self._keys.desk, card, pin, salt, nonce)

    def withdraw_card(self, issued: BadgeIssued) -> None:
        """Add the roster entry of an issue without its name card, which every device then deletes."""
        self.entries.append(("badge", without_card(issued)))

    def _card(self, known: Known, issue: int, secret: bytes | None, code: str) -> Card | None:
        content = known.content
        if content is None:
            return None
        if code:
            content = msgspec.structs.replace(content, code=code)
        nonces = (self._random(NONCE_BYTES), self._random(NONCE_BYTES))
        return seal(content, secret, self._keys.desk, known.badge, issue, nonces)


def plain_secret(master: bytes, known: Known, issue: int) -> bytes:
    """The secret of a person's plain badge."""
    return credential.plain_secret(master, known.salt, known.badge, issue)


def secret_in(text: str) -> bytes:
    """The secret that a badge's text carries."""
    return (credential.read(text) or credential.foreign(text)).secret


def as_issued(known: Known, issued: BadgeIssued, text: str) -> IssuedBadge:
    """A roster entry as the badge that is printed for it."""
    return IssuedBadge(
        ref=known.ref,
        badge=known.badge,
        issue=issued.issue,
        form=issued.form,
        text=text,
        code=credential.human_code(known.badge),
        copyable=_copyable(issued, text),
    )


def _copyable(issued: BadgeIssued, text: str) -> bool:
    """Whether a badge's code can be found by trying. Ours cannot, whether or not their text was made here."""
    return issued.form == "foreign" and not is_strong(text)


def without_card(issued: BadgeIssued) -> BadgeIssued:
    """The roster entry of an issue whose name card is withdrawn: every device that has the card deletes it."""
    return BadgeIssued(
        badge=issued.badge,
        issue=issued.issue,
        form=issued.form,
        claims=issued.claims,
        verifier=issued.verifier,
    )
