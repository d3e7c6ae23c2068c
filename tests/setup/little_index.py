"""A package index of wheels that hold nothing but their metadata, in a folder: made in a moment, the same for ever."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def wheel(
    folder: Path,
    name: str,
    version: str,
    requires: Iterable[str] = (),
    extras: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a wheel for every Python and machine; answer with its path."""
    spelt = name.replace("-", "_")
    info = f"{spelt}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Provides-Extra: {extra}" for extra in extras]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    inside = {
        **(files or {}),
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*inside, f"{info}/RECORD"])
    path = folder / f"{spelt}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for at, text in {**inside, f"{info}/RECORD": record}.items():
            archive.writestr(at, text)
    return path


def index(folder: Path, wheels: Path) -> str:
    """Lay out the wheels of a folder as a package index (PEP 503); answer with its address."""
    names: dict[str, list[Path]] = {}
    for path in sorted(wheels.glob("*.whl")):
        names.setdefault(path.name.split("-")[0].replace("_", "-").lower(), []).append(path)
    for name, paths in names.items():
        page = folder / re.sub(r"[-_.]+", "-", name) / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        links = [f'<a href="{path.as_uri()}">{path.name}</a>' for path in paths]
        page.write_text(f"<!DOCTYPE html><html><body>{'<br>'.join(links)}</body></html>")
    return folder.as_uri()


def pins(lock: Path) -> dict[str, str]:
    return dict(PIN.findall(lock.read_text(encoding="utf-8")))


def write_lock(path: Path, wheels: Iterable[Path]) -> Path:
    """A lock of exactly these wheels, in the style of the real ones: extras stripped, every file hashed."""
    lines = []
    for at in wheels:
        name, version, *_ = at.name.split("-")
        digest = hashlib.sha256(at.read_bytes()).hexdigest()
        lines.append(
            f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{digest}\n    # via a test\n"
        )
    path.write_text("".join(lines), encoding="utf-8")
    return path
