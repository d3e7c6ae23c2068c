"""Whether the packages that Jianmen imports are its own.

Names such as `config` or `sync` are other people's too: pip lets two projects install the same package, one file over
the other, and a checkout installed for editing comes last on Python's path. What goes wrong then looks like anything
but its cause. Imports nothing but the standard library, and runs by itself: `python -I jianmen/own_packages.py`.
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from importlib.util import find_spec
from pathlib import Path

PACKAGES = (
    "access",
    "bench",
    "config",
    "hardware",
    "jianmen",
    "kiosk",
    "printing",
    "registry",
    "sync",
    "web",
)
HOME = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Clash:
    """One of our packages is not what Python finds, or shares its files with somebody else's."""

    package: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"package {self.package}: {self.fault}. {self.remedy}"


def clashes() -> Iterator[Clash]:
    """One for each package of ours that Python does not find whole; nothing when all is well."""
    others = [found for found in distributions() if _name(found) != "jianmen"]
    for package in PACKAGES:
        ours = HOME / package / "__init__.py"
        found = _found(package)
        if found is None:
            yield Clash(package, "is missing", _install_again())
        elif found != ours:
            owner = _owner(others, found)
            of = f" of the project {owner}" if owner else ""
            yield Clash(package, f"Python finds {found}{of} in its place", _remove(owner))
        elif owner := _owner(others, ours):
            state = "has been overwritten by" if _changed(package) else "is shared with"
            remedy = f"{_remove(owner)}. {_install_again()}"
            yield Clash(package, f"{ours} {state} the project {owner}", remedy)
        elif _changed(package):
            yield Clash(package, f"{ours} is not the file that was installed", _install_again())


def _found(package: str) -> Path | None:
    """The file that an import of the package would run, or its folder if it has none."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.origin is not None:
        return Path(spec.origin).resolve()
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0]).resolve() if folders and Path(folders[0]) != HOME / package else None


def _owner(others: list[Distribution], path: Path) -> str | None:
    """The project that has installed a file there, by its name."""
    for other in others:
        folder = Path(str(other.locate_file(""))).resolve()
        if path.is_relative_to(folder):
            record = other.read_text("RECORD") or ""
            if f"\n{path.relative_to(folder).as_posix()}," in f"\n{record}":
                return _name(other)
    return None


def _changed(package: str) -> bool:
    """Whether an installed copy of ours differs from what was installed. An editable one lists no files."""
    try:
        files = distribution("jianmen").files or []
    except PackageNotFoundError:
        return False
    for file in files:
        if file.parts == (package, "__init__.py") and file.hash is not None:
            digest = sha256((HOME / package / "__init__.py").read_bytes()).digest()
            return urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value
    return False


def _name(found: Distribution) -> str:
    return (found.metadata["Name"] or "").lower()


def _remove(owner: str | None) -> str:
    if owner is None:
        return "Move that file away, or take its folder out of PYTHONPATH"
    return f"Remove the other: {sys.executable} -m pip uninstall {owner}"


def _install_again() -> str:
    return (
        f"Install Jianmen again: {'make setup' if (HOME / 'Makefile').exists() else 'make install'}"
    )


if __name__ == "__main__":
    found = list(clashes())
    for clash in found:
        print(clash, file=sys.stderr)
    sys.exit(1 if found else 0)
