"""The README and the code say the same."""

import re
from pathlib import Path

import pytest

from scripts import licences

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_readme_lists_exactly_the_variables_that_are_read():
    sources = [*(ROOT / "academy" / "settings").glob("*.py"), ROOT / "academy" / "gunicorn.py"]
    read = {name for path in sources for name in re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"', path.read_text())}
    rows = re.findall(r"^\| (`[A-Z0-9_`, ]+`) \|", README, flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"[A-Z0-9_]{2,}", row)} == read


def test_readme_names_only_targets_that_exist():
    targets = set(re.findall(r"^([a-z0-9-]+):.*##", MAKEFILE, flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z0-9-]+)", README)) - targets == set()


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_between_documents_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(((?!http)[^)#]+)", text) + re.findall(r'src="([^"]+)"', text)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_architecture_names_only_files_that_exist():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:academy|courses|mentoring|certificates|cms|scripts|tests|docs|bench)/[\w/.-]*)`", text)
    for row in re.findall(r"^\| \d+ \|.*$", text, flags=re.MULTILINE):
        # "`tests/courses/test_enrollment.py`, `test_seats.py`": the second lies beside the first.
        folder = ""
        for path in re.findall(r"`([\w/.-]+\.py)`", row):
            folder = path.rpartition("/")[0] or folder
            named.append(f"{folder}/{path.rpartition('/')[2]}")
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_decisions_have_numbers_of_their_own():
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert sorted(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_licences_page_names_every_package_of_the_lock_files():
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| ([a-z0-9][a-z0-9._-]*) \|", page, flags=re.MULTILINE)) - {"package"}
    assert named == {name for part in ("base", "dev") for name in licences.locked(part)}
