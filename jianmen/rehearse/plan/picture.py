"""The plan as a picture (SVG): people waiting at each gate over the morning."""

from collections.abc import Sequence
from math import ceil
from xml.sax.saxutils import escape

from access.event.definition import Event
from jianmen.rehearse.plan.planner import Line, Wishes, waits
from jianmen.rehearse.plan.queue import Served, percentile
from jianmen.rehearse.plan.report import Clock, counted, lasting, name_of

WIDTH = 800
LEFT, RIGHT = 60, 20
HEAD, PANEL, GAP = 56, 110, 56
POINTS = 240
"""Instants at which a curve is drawn."""

STYLE = (
    "text{font:13px sans-serif;fill:#1b2733}.small{font-size:11px;fill:#5a6875}.title{font-weight:bold}"
    ".area{fill:#bcd7ee}.line{fill:none;stroke:#1565a8;stroke-width:1.5}"
    ".failed{fill:none;stroke:#b3261e;stroke-width:1.5;stroke-dasharray:5 3}.grid{stroke:#d5dbe1}"
)


def draw(event: Event, lines: Sequence[Line], wishes: Wishes, opens_min: int) -> str:
    """A panel for each line, all with the same hours; a failure is a dashed line."""
    ends_s = max(_ends_s(line, wishes) for line in lines)
    height = HEAD + len(lines) * (PANEL + GAP)
    caption = f"{event.id}: people waiting over the morning"
    if wishes.fails:
        caption += f"; dashed: one fails at the worst minute, for {lasting(wishes.repair_s)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(caption)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="20" y="26" class="title">{escape(caption)}</text>',
    ]
    for number, line in enumerate(lines):
        top = HEAD + number * (PANEL + GAP)
        parts += _panel(line, top, wishes.curve.opens_min * 60, ends_s, Clock(opens_min))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _ends_s(line: Line, wishes: Wishes) -> float:
    mornings = [*line.mornings, *(line.failure.mornings if line.failure else ())]
    last = max((served.began_s[-1] for served in mornings if served.began_s), default=0.0)
    return max(last, wishes.curve.ends_min * 60)


def _panel(line: Line, top: int, opens_s: float, ends_s: float, clock: Clock) -> list[str]:
    instants = [opens_s + (ends_s - opens_s) * n / POINTS for n in range(POINTS + 1)]
    usual = _waiting(line.mornings, instants)
    failed = _waiting(line.failure.mornings, instants) if line.failure else []
    most = max(5, ceil(max([*usual, *failed]) / 5) * 5)
    bottom = top + PANEL

    def x(at_s: float) -> float:
        return LEFT + (at_s - opens_s) / (ends_s - opens_s) * (WIDTH - LEFT - RIGHT)

    def path(numbers: Sequence[float]) -> str:
        pairs = zip(instants, numbers, strict=True)
        return " ".join(f"{x(at):.1f},{bottom - number / most * PANEL:.1f}" for at, number in pairs)

    wait = lasting(percentile(waits(line.mornings), 95))
    title = f"{name_of(line)}: {line.people:,} people, {counted(line.servers, line.kind)}, 95 % wait {wait} at most"
    parts = [f'<text x="{LEFT}" y="{top - 8}">{escape(title)}</text>']
    for number in (0, most // 2, most):
        y = bottom - number / most * PANEL
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(
            f'<text class="small" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number:,}</text>'
        )
    parts.append(
        f'<polygon class="area" points="{LEFT},{bottom} {path(usual)} {x(ends_s):.1f},{bottom}"/>'
    )
    parts.append(f'<polyline class="line" points="{path(usual)}"/>')
    if failed:
        parts.append(f'<polyline class="failed" points="{path(failed)}"/>')
    for quarter in range(5):
        at_s = opens_s + (ends_s - opens_s) * quarter / 4
        anchor = ("start", "middle", "middle", "middle", "end")[quarter]
        parts.append(
            f'<text class="small" x="{x(at_s):.1f}" y="{bottom + 16}" text-anchor="{anchor}">'
            f"{clock.at(at_s)}</text>"
        )
    return parts


def _waiting(mornings: Sequence[Served], instants: Sequence[float]) -> list[float]:
    """People waiting at each instant, on average over the mornings."""
    return [
        sum(served.waiting_at(at_s) for served in mornings) / len(mornings) for at_s in instants
    ]
