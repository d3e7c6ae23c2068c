"""`jianmen registry staff` and `jianmen registry keys`: key cards of the staff, and the keys that sign badges."""

from __future__ import annotations

import csv
import io
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

import printing
from hardware.system.stop_signal import ended_cleanly
from jianmen.cli.help_pages import WholeHelpGroup
from jianmen.cli.options import counted, data_option, json_option
from jianmen.cli.registry.options import asking, quoted, settings_option, show_result, stop
from registry.queries.table_files import guarded
from sync.durable_file import whole_file

if TYPE_CHECKING:
    from jianmen.cli.registry.client import Client

UNLOCKS = {
    "key_card": "key card and PIN",
    "badge_and_pin": "badge and PIN: give them a key card",
    "nothing": "nothing",
}
KEY_CARD_LAYOUT = Path(printing.__file__).with_name("key_card.toml")
COLUMNS = ("ref", "code", "text", "typed", "pin")


@click.group(cls=WholeHelpGroup)
def staff() -> None:
    """Key cards of the staff: with one, and its PIN, its owner reads names at a staffed gate.

    A key card is not worn. Lost with its PIN, it is answered by new key cards for everybody: `staff replace`.
    """


@staff.command("list")
@settings_option
@data_option
@json_option
def list_staff(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Who has a role, and what unlocks names for them. Exit 1 where somebody should be given another card."""
    with asking(settings_file, data) as client:
        answer = client.get("/staff")
    lines = [_line(one) for one in answer["staff"]]
    show_result(answer, as_json=as_json, summary="\n".join(lines) or "Nobody's ticket has a role.")
    if any(one["guessable"] or one["unlocks"] == "badge_and_pin" for one in answer["staff"]):
        sys.exit(1)


def _line(one: dict[str, Any]) -> str:
    what = (
        "the badge's code can be guessed and gives no role: reissue it"
        if one["guessable"]
        else UNLOCKS[one["unlocks"]]
    )
    return f"{one['code']}  {one['ref']}  {', '.join(one['roles'])}  {what}"


@staff.command()
@click.argument("person")
@settings_option
@data_option
@click.option("--draw-pin", is_flag=True, help="Draw the PIN instead of asking for it.")
@json_option
def card(
    person: str, settings_file: Path | None, data: Path | None, *, draw_pin: bool, as_json: bool
) -> None:
    """Make a key card for PERSON (ref, or the code printed on their badge). It is shown this once, and kept nowhere.

    A PIN has eight digits or more, or is a phrase of twelve letters or more. The key card before this one opens nothing
    any more.
    """
    if not draw_pin and not sys.stdin.isatty():
        stop(2, "There is nobody to ask for the PIN; have one drawn: --draw-pin")
    with asking(settings_file, data) as client:
        code = _code_of(client, person)
        pin = None if draw_pin else _asked_pin()
        made = client.post(f"/registrants/{quoted(code)}/pin", {"pin": pin})
    if as_json:
        show_result(made, as_json=True, summary="")
        return
    import segno

    segno.make(made["text"], error="q", micro=False).terminal(compact=True)
    click.echo(f"{made['ref']}  {made['typed']}" + (f"  PIN {made['pin']}" if draw_pin else ""))
    click.echo("This is its only copy: print it, or write it down, now.", err=True)


def _asked_pin() -> str:
    typed: str = click.prompt(
        "PIN of its owner", hide_input=True, confirmation_prompt=True, err=True
    )
    return typed


def _code_of(client: Client, person: str) -> str:
    """The human code of a badge named by code or ref."""
    bare = person.replace("-", "").upper()
    for one in client.get("/staff")["staff"]:
        if one["ref"] == person or one["code"].replace("-", "") == bare:
            return str(one["code"])
    return stop(1, f"{person!r} is nobody's ref, and no badge's code, among those with a role")


@staff.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@settings_option
@data_option
@click.option(
    "--pdf",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The cards too, ready to print and cut out, into this file; no PIN is on them.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def replace(
    out: Path,
    settings_file: Path | None,
    data: Path | None,
    pdf: Path | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a new desk key, and new key cards with drawn PINs for all who could unlock names, into the CSV file OUT.

    For a key card that was lost, and to move an event on where badge and PIN unlock names. The cards before open
    nothing any more, as soon as a kiosk hears of it. OUT holds the only copies: print them (--pdf), hand out each PIN
    apart from its card, and delete it.
    """
    for path in (out, pdf):
        if path is not None and path.exists():
            stop(2, f"{path}: there is such a file already; name another one")
    with asking(settings_file, data) as client:
        held = [one for one in client.get("/staff")["staff"] if one["unlocks"] != "nothing"]
        if not yes:
            refs = ", ".join(one["ref"] for one in held[:20]) or "nobody has one"
            click.echo(f"Key cards that open nothing afterwards: {len(held)} ({refs})", err=True)
            click.confirm("Replace the key cards of all staff?", abort=True, err=True)
        with _new_file(out) as file:
            cards = client.post("/key-cards", {})["cards"]
            file.write(_table(cards).encode("utf-8-sig"))
    if pdf is not None:
        with _new_file(pdf) as file:
            file.write(_key_cards_pdf(cards))
    show_result(
        {"file": str(out), "cards": len(cards)},
        as_json=as_json,
        summary=f"{out} written: {counted(len(cards), 'key card')}"
        + (f"; to print: {pdf}" if pdf else ""),
    )


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that nobody else reads; it is gone again where what should be in it cannot be made."""
    try:
        with ended_cleanly(), whole_file(path, 0o600) as file:
            yield file
    except OSError as error:
        stop(2, f"{path}: cannot be written ({error.strerror})")


def _key_cards_pdf(cards: Sequence[Mapping[str, Any]]) -> bytes:
    """The cards to print. The typed code stands below the QR code: for kiosks whose camera does not read."""
    from printing.card import Card
    from printing.document import print_cards
    from printing.fonts import FontMissingError
    from printing.layout import load
    from web.texts import in_all_languages

    hint = " ".join(in_all_languages("badge.key_card"))
    drawn = [
        Card(
            qr_text=one["text"],
            form="foreign",
            language="en",
            texts={"name": one["ref"], "code": one["typed"], "hint": hint},
        )
        for one in cards
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cards.pdf")
        try:
            print_cards(drawn, load(KEY_CARD_LAYOUT), path)
        except FontMissingError as error:
            stop(2, str(error))
        return path.read_bytes()


def _table(cards: list[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    rows.writeheader()
    rows.writerows({**card, "ref": guarded(card["ref"])} for card in cards)
    return text.getvalue()


@click.group(cls=WholeHelpGroup)
def keys() -> None:
    """The keys that sign badges. Several are good at once; the newest signs."""


@keys.command("list")
@settings_option
@data_option
@json_option
def list_keys(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Every key that ever signed badges of this event, and how many badges still name it."""
    with asking(settings_file, data) as client:
        answer = client.get("/signing-keys")
    lines = [
        f"{key['number']:3}  {key['fingerprint']}  {key['state']}  {counted(key['badges'], 'badge')}"
        for key in answer["keys"]
    ]
    show_result(answer, as_json=as_json, summary="\n".join(lines))


@keys.command()
@settings_option
@data_option
@json_option
def rotate(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Make a new key; badges are signed with it from now on, and those of the old keys stay good.

    A door that has not heard of it yet sends its badges to the staff, unless the event's policy says otherwise.
    """
    with asking(settings_file, data) as client:
        answer = client.post("/signing-keys", {})
    show_result(answer, as_json=as_json, summary=f"key {answer['number']} signs from now on")


@keys.command()
@click.argument("number", type=click.IntRange(0, 255))
@settings_option
@data_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def retire(
    number: int, settings_file: Path | None, data: Path | None, *, yes: bool, as_json: bool
) -> None:
    """Make doors refuse every badge that key NUMBER has signed: it may have been stolen. Print those badges again."""
    if not yes:
        click.confirm(f"Refuse all badges of key {number} from now on?", abort=True, err=True)
    with asking(settings_file, data) as client:
        answer = client.post(f"/signing-keys/{number}/retire", {})
    show_result(
        answer,
        as_json=as_json,
        summary=f"key {number} retired; to be printed again: {counted(answer['badges'], 'badge')}",
    )
