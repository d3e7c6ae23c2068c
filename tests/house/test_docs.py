"""What the documents say of the tree is true."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOLDERS = "access|config|hardware|sync|web|printing|kiosk|registry|jianmen|tests|bench|docs|setup|systemd|findings"
PLACEHOLDER = re.compile(r"v000N|NAME|FOLDER")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_pages_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", text)
    missing = [
        path for path in named if not (ROOT / path).exists() and not PLACEHOLDER.search(path)
    ]
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing += [link for link in links if not (document.parent / link).exists()]
    assert missing == []


def test_the_glossary_stays_small_enough_to_be_learned() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    terms = re.findall(r"^\| ([^|]+) \|", text[text.index("## Glossary") :], re.MULTILINE)[2:]
    assert len(terms) <= 40
    assert terms == sorted(terms, key=str.casefold)


def test_the_repository_names_no_machine_and_no_package_index() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    here = Path(__file__).relative_to(ROOT)
    wrong = []
    for name in files:
        file = ROOT / name
        if (
            Path(name) == here
            or file.suffix in {".png", ".jpg", ".db", ".gz"}
            or not file.is_file()
        ):
            continue
        text = file.read_text(encoding="utf-8", errors="ignore")
        wrong += [
            name for word in ("/work/", "pypi.org/simple", "files.pythonhosted.org") if word in text
        ]
    assert wrong == []
