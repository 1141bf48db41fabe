"""Compile requirements/*.in into lock files with hashes, for the oldest Python that must work.

Without --python-version the lock would hold for this machine's Python only:
Debian 12 has 3.11.2, and some packages ask for a later patch release.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / "var" / "uv"
OPTIONS = [
    "--universal",
    "--python-version=3.11.0",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
    # Older pips look for the newest release of a package that another one names with an extra, unless the lock does.
    "--no-strip-extras",
    "--quiet",
]


def main(*arguments):
    """Compile base, then dev within base's versions; `--upgrade` moves everything to the newest."""
    if not (UV / "bin" / "uv").exists():
        subprocess.run([sys.executable, "-m", "venv", str(UV)], check=True)
        subprocess.run([UV / "bin" / "python", "-m", "pip", "install", "--quiet", "uv>=0.9"], check=True)
    compile_lock = [UV / "bin" / "uv", "pip", "compile", *OPTIONS, *arguments]
    subprocess.run([*compile_lock, "requirements/base.in", "-o", "requirements/base.txt"], cwd=ROOT, check=True)
    within_base = ["requirements/dev.in", "-c", "requirements/base.txt", "-o", "requirements/dev.txt"]
    subprocess.run([*compile_lock, *within_base], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
