"""The import contracts hold for the tree as it is, and notice when somebody breaks one."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

PACKAGES = ["academy", "cms", "certificates", "mentoring", "courses"]
ROOT = Path(settings.BASE_DIR)
# One violation per contract: where it is planted and what is planted.
VIOLATIONS = {
    "Apps depend downwards": ("courses/models/catalogue.py", "import cms.models"),
    "Inside an app": ("courses/models/delivery.py", "import courses.enrollment"),
    "Rules do not know Wagtail": ("courses/states.py", "import wagtail"),
    "Leaves know no app": ("academy/errors.py", "import courses.models"),
}


@pytest.fixture
def tree(tmp_path):
    """A copy of the code and its contracts."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda folder, names: [n for n in names if not _is_code(folder, n)],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _is_code(folder, name):
    return name.endswith(".py") or Path(folder, name).is_dir()


def lint(tree):
    """Run lint-imports there; return (exit code, names of the contracts that it found broken)."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    done = subprocess.run(
        [program, "--no-cache"], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, {name for name in VIOLATIONS if f"{name} BROKEN" in done.stdout}


def test_every_contract_is_tried_here():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

    assert {contract["name"] for contract in contracts} == set(VIOLATIONS)


def test_contracts_hold_and_fail_on_planted_violations(tree):
    assert lint(tree) == (0, set())

    for path, line in VIOLATIONS.values():
        file = tree / path
        file.write_text(f"{file.read_text()}\n{line}\n")

    assert lint(tree) == (1, set(VIOLATIONS))
