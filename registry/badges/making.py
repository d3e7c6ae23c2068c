"""Makes a PDF of badges: chooses the people, draws in a process of its own, and notes what was printed."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Literal, NamedTuple

import msgspec

from access.event.definition import Event
from config.errors import instead
from printing import layout as layouts
from printing.card import Card
from printing.fonts import Fonts
from printing.task import Made, Task
from registry.badges.cards import card_of
from registry.badges.pictures import MANIFEST, file_names, manifest
from registry.badges.prints import Prints, digest_of
from registry.jobs import Work
from registry.roster.desk import staff_badge, staff_ticket
from registry.roster.model import Label
from registry.service import RegistryService
from registry.storage.errors import ForbiddenError, RegistryError, UnknownError

KIND = "badges"
FILE = "badges.pdf"
ZIP = "badges.zip"
SAMPLE_QR = "J" + "A" * 28
"""On a preview, which is looked at on a screen: a photograph of a code is a badge, and this one is none."""

Pictures = Literal["", "svg", "png"]
Order = Literal["ref", "name", "organisation"]


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Whose badges, in which order, by which layout. What is empty chooses everybody. `new`: only those that were not
    printed yet, or would look otherwise now. `preview`: the first of them alone, which does not count as printed.
    `pictures`: a ZIP file with a picture of each instead, to be sent, and the list of whose they are; these do not
    count as printed either. `staff_too`: also badges that give a role, which are for admins alone.
    `look`: they do not count as printed."""

    refs: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    order: Order = "ref"
    layout: str = layouts.DEFAULT
    new: bool = False
    preview: bool = False
    pictures: Pictures = ""
    staff_too: bool = False
    look: bool = False


class Printout(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: badges and pages; refs whose texts were shortened; refs asked for that have no valid badge; refs
    with a letter that no font has, and which is missing in print, and (`letters`, in the same order) all such letters
    of each. `staff`: refs whose badges give a role and were left out, since only an admin may have them."""

    badges: int
    pages: int
    shortened: list[str] = []
    left_out: list[str] = []
    unprintable: list[str] = []
    letters: list[str] = []
    staff: list[str] = []


class Preview(NamedTuple):
    """A picture (SVG), and which of its letters no font has."""

    picture: str
    letters: str


class BadgeMaker:
    """Badges of one registry. `folder` may have layouts beside the shipped ones."""

    def __init__(
        self, service: RegistryService, now_ms: Callable[[], int], folder: Path | None
    ) -> None:
        self._service = service
        self._now_ms = now_ms
        self._folder = folder
        self._prints = Prints(service.ledger)

    def layouts(self) -> list[str]:
        """The names of the layouts there are: those of the registry's own folder, the default one, and the others."""
        own = sorted(file.stem for file in self._folder.glob("*.toml")) if self._folder else []
        shipped = sorted(layouts.shipped(), key=lambda name: (name != layouts.DEFAULT, name))
        return [*own, *(name for name in shipped if name not in own)]

    def run(self, work: Work) -> Printout:
        """Do a job. Raises RegistryError with a text for people."""
        selection = msgspec.convert(dict(work.params), Selection)
        path = self._layout(selection.layout)
        chosen, left_out, staff = self._chosen(selection)
        if not chosen:
            raise self._nothing_to_print(selection, staff, left_out)
        work.stage("badges.drawing", len(chosen))
        name = ZIP if selection.pictures else FILE
        names = file_names([label.badge.ref for label, _ in chosen])
        with tempfile.TemporaryFile() as file:
            task = Task(
                cards=[card for _, card in chosen],
                layout=str(path),
                path=_path_of(file),
                pictures=selection.pictures,
                names=names,
            )
            made = _drawn(task, file, work.step)
            if selection.pictures:
                files = [f"{one}.{selection.pictures}" for one in names]
                with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr(MANIFEST, manifest([label for label, _ in chosen], files))
                file.seek(0)
            work.keep(name, file.read())
        if not (selection.preview or selection.pictures or selection.look):
            self._prints.note(chosen, self._now_ms())
        return Printout(
            badges=len(chosen),
            pages=made.pages,
            shortened=[chosen[number][0].badge.ref for number in made.shortened],
            left_out=left_out,
            unprintable=[chosen[number][0].badge.ref for number in made.unprintable],
            letters=_letters([chosen[number][1] for number in made.unprintable]),
            staff=staff,
        )

    def _nothing_to_print(
        self, selection: Selection, staff: Sequence[str], revoked: Sequence[str]
    ) -> RegistryError:
        if staff:
            return ForbiddenError(
                "All badges that were asked for give a role at the doors: only an admin may print them."
            )
        everybody = msgspec.structs.replace(selection, new=False)
        if selection.new and self._chosen(everybody)[0]:
            return RegistryError("Every badge that was asked for is printed already.")
        if revoked and set(revoked) == set(selection.refs):
            refs = ", ".join(repr(ref) for ref in revoked)
            if len(revoked) > 1:
                return RegistryError(
                    f"There is no badge to print: the badges of {refs} are revoked."
                )
            return RegistryError(f"There is no badge to print: the badge of {refs} is revoked.")
        return RegistryError("There is no badge to print.")

    def note_printed(self, selection: Selection) -> None:
        """The badges of a selection were printed elsewhere, as they are now."""
        self._prints.note(self._chosen(selection)[0], self._now_ms())

    def picture(self, selection: Selection) -> Preview:
        """The first badge of a selection, with a code that is none. Raises RegistryError."""
        chosen, left_out, staff = self._chosen(msgspec.structs.replace(selection, preview=True))
        if not chosen:
            raise self._nothing_to_print(selection, staff, left_out)
        card = replace(chosen[0][1], qr_text=SAMPLE_QR, form="plain")
        with tempfile.TemporaryFile() as file:
            layout, path = str(self._layout(selection.layout)), _path_of(file)
            task = Task(cards=[card], layout=layout, path=path, pictures="svg", names=["card"])
            made = _drawn(task, file, lambda _: None)
            with zipfile.ZipFile(file) as archive:
                picture = archive.read("card.svg").decode()
        return Preview(picture, "".join(_letters([card] if made.unprintable else [])))

    def _layout(self, name: str) -> Path:
        if name not in self.layouts():
            raise RegistryError(
                f"There is no layout {name[:40]!r}; there are {', '.join(self.layouts())}."
            )
        own = self._folder / f"{name}.toml" if self._folder else None
        return own if own is not None and own.is_file() else layouts.SHIPPED / f"{name}.toml"

    def check(self, selection: Selection) -> None:
        """Raises UnknownError for a ref that nobody has; ForbiddenError where it names somebody, or a ticket, with a
        role, and is not for an admin."""
        asked = selection.refs
        unknown = set(asked) - self._service.people.refs_taken(sorted(set(asked)))
        if unknown:
            raise UnknownError(f"Nobody is registered as {min(unknown)!r}.")
        if selection.staff_too:
            return
        event = self._service.event
        for ticket in event.tickets:
            if ticket.id in selection.tickets and ticket.roles:
                raise ForbiddenError(
                    f"Badges with the ticket {ticket.id!r} give a role at the doors: only an admin may print them."
                )
        for label in self._service.labels(asked) if asked else ():
            role = staff_ticket(label, event)
            if role is not None:
                raise staff_badge(label.badge.ref, role)

    def _chosen(
        self, selection: Selection
    ) -> tuple[list[tuple[Label, Card]], list[str], list[str]]:
        """The badges to print; the refs asked for that have none; those left out because they give a role."""
        event = self._service.event
        _check(selection, event)
        labels = self._service.labels(selection.refs or None)
        missing = sorted(set(selection.refs) - {label.badge.ref for label in labels})
        tickets = {n for n, ticket in enumerate(event.tickets) if ticket.id in selection.tickets}
        venues = sum(1 << n for n, venue in enumerate(event.venues) if venue.id in selection.venues)
        organisations = {one.casefold() for one in selection.organisations}
        labels = [
            label
            for label in labels
            if (not selection.tickets or label.claims.ticket in tickets)
            and (not selection.venues or label.claims.venues & venues)
            and (not organisations or label.organisation.casefold() in organisations)
        ]
        staff: list[str] = []
        if not selection.staff_too:
            staff = [one.badge.ref for one in labels if staff_ticket(one, event) is not None]
            labels = [one for one in labels if one.badge.ref not in staff]
        labels.sort(key=_order(selection.order))
        chosen = [(label, card_of(label, event)) for label in labels]
        if selection.new:
            before = self._prints.all()
            chosen = [
                (label, card)
                for label, card in chosen
                if before.get(label.badge.badge) != digest_of(card)
            ]
        return chosen[: 1 if selection.preview else None], missing, staff


def _check(selection: Selection, event: Event) -> None:
    """Raises RegistryError where a ticket type or a venue is chosen that the event has not."""
    tickets, venues = ([one.id for one in some] for some in (event.tickets, event.venues))
    for ticket in selection.tickets:
        if ticket not in tickets:
            right = instead(ticket, tickets)
            raise RegistryError(f"There is no ticket type {ticket[:40]!r} in this event; {right}")
    for venue in selection.venues:
        if venue not in venues:
            right = instead(venue, venues)
            raise RegistryError(f"There is no venue {venue[:40]!r} in this event; {right}")


def _letters(cards: Sequence[Card]) -> list[str]:
    """The letters of each card that no font has: "🎉 (U+1F389)"."""
    if not cards:
        return []  # fonts are slow to open
    fonts = Fonts()
    return [
        " ".join(
            f"{letter} (U+{ord(letter):04X})"
            for letter in fonts.unprintable("".join(card.texts.values()), card.language)
        )
        for card in cards
    ]


def _order(order: Order) -> Callable[[Label], tuple[str, ...]]:
    if order == "name":
        return lambda label: (label.name, label.badge.ref)
    if order == "organisation":
        return lambda label: (label.organisation, label.name, label.badge.ref)
    return lambda label: (label.badge.ref,)


def _path_of(file: IO[bytes]) -> str:
    """Where the drawing process finds a file that has no name. It names people: nothing may be left of it, even where
    this process is killed."""
    return f"/proc/self/fd/{file.fileno()}"


def _drawn(task: Task, file: IO[bytes], step: Callable[[int], None]) -> Made:
    """Let another process draw into the task's file, and follow it. Raises RegistryError, Stopped."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-m", "printing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=(file.fileno(),),
        ) as process,
    ):
        given, output = process.stdin, process.stdout
        if given is None or output is None:  # for the type checker: both are pipes
            raise RegistryError("The badges could not be drawn.")
        last = b""
        try:
            given.write(msgspec.msgpack.encode(task))
            given.close()
            for last in output:
                if last.strip().isdigit():
                    step(int(last))
        except BrokenPipeError:
            pass
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines()
            raise RegistryError(lines[-1] if lines else "The badges could not be drawn.")
        return msgspec.json.decode(last, type=Made)
