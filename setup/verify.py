"""Says what is missing from a set of packages: every pin of a lock, and all that each of them requires.

    verify.py LOCK                               what is installed beside the Python that runs this
    verify.py LOCK WHEELS                        the wheels in a folder, for this Python and this machine
    verify.py LOCK WHEELS 3.13 aarch64           the wheels in a folder, for another Python and machine

pip leaves dependencies alone when it installs a lock (`--no-deps`), so that nothing but the lock is installed;
this is the other half: a lock that forgot something is found at once, with its name. Exit status 1 and one line
for each fault; silence when all is there. `PROJECT` names the folder of another pyproject.toml.
"""

from __future__ import annotations

import email
import os
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

# pip is in every environment that a lock was installed into, and brings the standard's own parser.
from pip._vendor.packaging.markers import default_environment
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


class Package(NamedTuple):
    """One package that is there, and the requirements that its metadata states."""

    version: str
    requires: list[str]


def main(lock: str, wheels: str = "", python: str = "", machine: str = "") -> int:
    there = from_wheels(Path(wheels), python, machine) if wheels else installed()
    environment = {name: str(value) for name, value in default_environment().items()}
    if python:
        environment |= {"python_version": python, "python_full_version": f"{python}.0"}
    if machine:
        environment["platform_machine"] = machine
    pins = PIN.findall(Path(lock).read_text(encoding="utf-8"))
    project = Path(os.environ.get("PROJECT", Path(__file__).parents[1])) / "pyproject.toml"
    stated = tomllib.loads(project.read_text(encoding="utf-8"))
    asked = [
        *((line, "the project") for line in stated["project"].get("dependencies", [])),
        *((line, "its build") for line in stated["build-system"].get("requires", [])),
        *((name, "the lock") for name, _ in pins),
    ]
    faults = [*faults_of_pins(pins, there), *faults_of_requirements(asked, there, environment)]
    for fault in dict.fromkeys(faults):
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def installed() -> dict[str, Package]:
    """By canonical name; where a package is found twice, the one that Python imports."""
    there: dict[str, Package] = {}
    for found in distributions():
        name = canonicalize_name(found.metadata["Name"] or "")
        there.setdefault(name, Package(found.version, found.requires or []))
    return there


def from_wheels(folder: Path, python: str, machine: str) -> dict[str, Package]:
    """By canonical name. A folder may hold wheels for several machines: only those that can be used count."""
    abi = (
        f"cp{python.replace('.', '')}"
        if python
        else f"cp{sys.version_info[0]}{sys.version_info[1]}"
    )
    fits = machine or os.uname().machine
    there: dict[str, Package] = {}
    for path in sorted(folder.glob("*.whl")):
        _, abis, platforms = path.stem.split("-")[-3:]
        if platforms != "any" and fits not in platforms:
            continue
        if not {abi, "abi3", "none"} & set(abis.split(".")):
            continue
        with zipfile.ZipFile(path) as wheel:
            # Some wheels carry the metadata of packages that they bundle, further down.
            (metadata,) = (at for at in wheel.namelist() if METADATA.fullmatch(at))
            fields = email.message_from_bytes(wheel.read(metadata))
        there[canonicalize_name(fields["Name"])] = Package(
            fields["Version"], fields.get_all("Requires-Dist", [])
        )
    return there


def faults_of_pins(pins: list[tuple[str, str]], there: dict[str, Package]) -> Iterator[str]:
    for name, version in pins:
        package = there.get(canonicalize_name(name))
        if package is not None and package.version != version:
            yield f"{name} is {package.version}; the lock wants {version}."


def faults_of_requirements(
    asked: list[tuple[str, str]], there: dict[str, Package], environment: dict[str, str]
) -> Iterator[str]:
    """Follows each requirement, and the extras that it asks for. `asked`: requirements, each with who has it."""
    seen: set[tuple[str, str]] = set()
    while asked:
        line, by = asked.pop()
        wanted = Requirement(line)
        package = there.get(canonicalize_name(wanted.name))
        if package is None or not wanted.specifier.contains(package.version, prereleases=True):
            here = "is not here" if package is None else f"is {package.version} here"
            yield f"{by} requires {wanted.name}{wanted.specifier}, which {here}."
            continue
        for extra in ["", *wanted.extras]:
            if (wanted.name, extra) in seen:
                continue
            seen.add((wanted.name, extra))
            for more in package.requires:
                marker = Requirement(more).marker
                if marker is None or marker.evaluate({**environment, "extra": extra}):
                    asked.append((more, wanted.name))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
