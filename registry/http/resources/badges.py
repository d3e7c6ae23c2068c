"""Badges over the public interface: a few at once, many as a job."""

from typing import get_args
from urllib.parse import quote

import msgspec
from flask import Response, request

from access.rules.opening_check import Case
from registry.accounts.authorization import Guard
from registry.badges.making import FILE, KIND, ZIP, BadgeMaker, Pictures, Selection
from registry.http.operations import Interface, Parameter
from registry.http.resources.jobs import ended, shown
from registry.jobs import Jobs
from registry.queries import admin_shapes
from registry.queries import shapes as answers
from registry.service import RegistryService
from registry.storage.errors import RegistryError

_CHOICE = (
    Parameter("ref", "whose; may be there several times. Left out: everybody's", repeats=True),
    Parameter("ticket", "only of this ticket type; may be there several times", repeats=True),
    Parameter("venue", "only of this venue; may be there several times", repeats=True),
    Parameter(
        "organisation", "only of this organisation; may be there several times", repeats=True
    ),
    Parameter("order", "ref (where left out), name or organisation"),
    Parameter("layout", "the name of a layout; see /badges/layouts"),
    Parameter("new", "1: only badges that were not printed yet, or look otherwise now", "flag"),
    Parameter("preview", "1: the first of them alone; it does not count as printed", "flag"),
    Parameter(
        "pictures",
        "svg or png: of a job, a ZIP file with a picture of each badge instead, and badges.csv: whose each is",
    ),
)


MISSING = "X-Jianmen-Missing-Letters"
"""The header of a preview with the letters that no font has, as in a URL."""


class Layouts(answers.Answer, frozen=True, kw_only=True):
    """The layouts that badges can be printed by."""

    layouts: list[str]


class TestBadge(answers.Answer, frozen=True, kw_only=True):
    """A badge of the doors-open check: at which venue it is held up, what is wrong with it, and its texts."""

    __test__ = False  # a name that pytest would take for a test

    venue: str
    case: Case
    code: str
    text: str


class TestBadges(answers.Answer, frozen=True, kw_only=True):
    """The test badges of all venues."""

    __test__ = False

    badges: list[TestBadge]


def add_test_badges(api: Interface, service: RegistryService) -> None:
    """Give the interface the badges of the doors-open check."""

    @api.post(
        "/badges/test",
        "Badges to try the doors with before they open; they are nobody's and count nowhere",
        access="desk",
        answer=TestBadges,
    )
    def test_badges() -> TestBadges:
        made = [
            TestBadge(venue=one.venue, case=one.case, code=one.code, text=one.text)
            for one in service.issue_test_badges()
        ]
        return TestBadges(badges=made)


def add_badges(api: Interface, jobs: Jobs, maker: BadgeMaker, guard: Guard) -> None:
    """Give the interface its badges. Those that give a role are made for admins alone."""
    jobs.kind(KIND, maker.run)

    def selected(**changes: str | bool) -> Selection:
        """What the request asks for. Raises UnknownError, ForbiddenError, RegistryError."""
        selection = msgspec.structs.replace(_selection(), staff_too=guard.is_admin, **changes)
        maker.check(selection)
        return selection

    @api.get(
        "/badges",
        "Badges to look at, as PDF; for more than some hundreds ask for a job. They do not count as printed by that",
        access="desk",
        answer="application/pdf",
        query=_CHOICE,
    )
    def badges() -> Response:
        selection = selected(pictures="", look=True)
        job = ended(jobs, jobs.start(KIND, msgspec.to_builtins(selection)).id)
        return Response(jobs.file(job.id, FILE), mimetype="application/pdf")

    @api.post(
        "/badges/printed",
        "These badges were printed from what /badges has shown: as what they are now they are not new any more",
        access="desk",
        answer=answers.Done,
        query=_CHOICE[:1],
    )
    def badges_printed() -> answers.Done:
        maker.note_printed(selected())
        return answers.Done()

    @api.post(
        "/badges/jobs",
        f"Make badges to print as a job; its file is {FILE}, of pictures {ZIP}",
        access="desk",
        answer=admin_shapes.Job,
        query=_CHOICE,
    )
    def make_badges() -> admin_shapes.Job:
        return shown(jobs.start(KIND, msgspec.to_builtins(selected())), [])

    @api.get(
        "/badges/picture",
        "What the first of these badges looks like (SVG); its code is a sample, which no door takes",
        access="desk",
        answer="image/svg+xml",
        query=_CHOICE,
    )
    def badge_picture() -> Response:
        picture, letters = maker.picture(selected())
        headers = {MISSING: quote(letters)} if letters else None
        return Response(picture, mimetype="image/svg+xml", headers=headers)

    @api.get("/badges/layouts", "The layouts of badges", access="desk", answer=Layouts)
    def badge_layouts() -> Layouts:
        return Layouts(layouts=maker.layouts())


def _selection() -> Selection:
    """What the request asks for. Raises RegistryError."""
    args = request.args
    order = args.get("order", "ref")
    if order not in ("ref", "name", "organisation"):
        raise RegistryError(f"order is {order[:20]!r}; it should be ref, name or organisation.")
    pictures = args.get("pictures", "")
    if pictures not in get_args(Pictures):
        raise RegistryError(f"pictures is {pictures[:20]!r}; it should be svg or png.")
    return Selection(
        refs=tuple(args.getlist("ref")),
        tickets=tuple(args.getlist("ticket")),
        venues=tuple(args.getlist("venue")),
        organisations=tuple(args.getlist("organisation")),
        order=order,  # type: ignore[arg-type]
        layout=args.get("layout") or Selection().layout,
        new=args.get("new") == "1",
        preview=args.get("preview") == "1",
        pictures=pictures,  # type: ignore[arg-type]
    )
