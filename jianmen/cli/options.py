"""What commands of the kiosk and of the registry share: options, and what a doctor finds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

State = Literal["good", "note", "mend"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of a doctor. A note says that nothing is wrong and something is worth knowing."""

    check: str
    state: State
    says: str


Command = TypeVar("Command", bound=Callable[..., Any])


def settings_file_option(help_text: str) -> Callable[[Command], Command]:
    """`--settings FILE`, passed as `settings_file`."""
    return click.option(
        "--settings",
        "settings_file",
        type=click.Path(dir_okay=False, path_type=Path),
        help=help_text,
    )


data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Another data folder."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")


def counted(number: int, noun: str) -> str:
    """ "1 page", "1,200 pages", "2 entries"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{number:,} {noun}s"
