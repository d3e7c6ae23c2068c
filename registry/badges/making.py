"""Makes a PDF of badges: chooses the people, draws in a process of its own, and notes what was printed."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from printing import layout as layouts
from printing.card import Card
from printing.task import Made, Task
from registry.badges.cards import card_of
from registry.badges.prints import Prints, digest_of
from registry.jobs import Work
from registry.roster.model import Label
from registry.service import RegistryService
from registry.storage.errors import RegistryError

KIND = "badges"
FILE = "badges.pdf"
Order = Literal["ref", "name", "organisation"]


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Whose badges, in which order, by which layout. What is empty chooses everybody. `new`: only those that were not
    printed yet, or would look otherwise now. `preview`: the first of them alone, which does not count as printed."""

    refs: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    order: Order = "ref"
    layout: str = layouts.DEFAULT
    new: bool = False
    preview: bool = False


class Printout(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: badges and pages; refs whose texts were shortened; refs asked for that have no valid badge."""

    badges: int
    pages: int
    shortened: list[str] = []
    left_out: list[str] = []


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
        """The names of the layouts there are, those of the registry's own folder first."""
        own = sorted(file.stem for file in self._folder.glob("*.toml")) if self._folder else []
        return [*own, *(name for name in layouts.shipped() if name not in own)]

    def run(self, work: Work) -> Printout:
        """Do a job. Raises RegistryError with a text for people."""
        selection = msgspec.convert(dict(work.params), Selection)
        path = self._layout(selection.layout)
        chosen, left_out = self._chosen(selection)
        if not chosen:
            raise RegistryError(
                "Every badge that was asked for is printed already." if selection.new
                else "There is no badge to print."
            )  # fmt: skip
        work.stage("badges.drawing", len(chosen))
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary, FILE)
            made = _drawn([card for _, card in chosen], path, file, work)
            work.keep(FILE, file.read_bytes())
        if not selection.preview:
            self._prints.note(chosen, self._now_ms())
        return Printout(
            badges=len(chosen),
            pages=made.pages,
            shortened=[chosen[number][0].badge.ref for number in made.shortened],
            left_out=left_out,
        )

    def _layout(self, name: str) -> Path:
        if name not in self.layouts():
            raise RegistryError(
                f"There is no layout {name[:40]!r}; there are {', '.join(self.layouts())}."
            )
        own = self._folder / f"{name}.toml" if self._folder else None
        return own if own is not None and own.is_file() else layouts.SHIPPED / f"{name}.toml"

    def _chosen(self, selection: Selection) -> tuple[list[tuple[Label, Card]], list[str]]:
        """The badges to print, and the refs asked for that have none."""
        event = self._service.event
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
        labels.sort(key=_order(selection.order))
        chosen = [(label, card_of(label, event)) for label in labels]
        if selection.new:
            before = self._prints.all()
            chosen = [
                (label, card)
                for label, card in chosen
                if before.get(label.badge.badge) != digest_of(card)
            ]
        return chosen[: 1 if selection.preview else None], missing


def _order(order: Order) -> Callable[[Label], tuple[str, ...]]:
    if order == "name":
        return lambda label: (label.name, label.badge.ref)
    if order == "organisation":
        return lambda label: (label.organisation, label.name, label.badge.ref)
    return lambda label: (label.badge.ref,)


def _drawn(cards: list[Card], layout: Path, path: Path, work: Work) -> Made:
    """Let another process draw, and follow it. Raises RegistryError, Stopped."""
    task = Task(cards=cards, layout=str(layout), path=str(path))
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-m", "printing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
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
                    work.step(int(last))
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
