"""Write docs/licences.md: whose work the site stands on, in the packages' own words.

Versions are left out on purpose, so that the page changes only when a package comes or goes.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Whose work this stands on

Written by `make licences` from what the installed packages say about themselves. The academy's own code is under the
BSD 3-clause licence; the fonts under `static/fonts/` and `academy/fonts/` are under the SIL Open Font Licence,
DejaVu Sans among them under that of Bitstream Vera; the texts lie beside them.

None of this is shipped with the academy: pip installs it. Two licences ask for a word to whoever ships a finished
image: psycopg is under the LGPL (fine as long as it can be replaced), and `pillow-heif`, which comes with Wagtail's
image library, says that its wheel contains code under the GPL, version 2.
"""
# What some packages forgot to say, and those that only another Python or system needs.
KNOWN = {"axe-playwright-python": "MIT", "async-timeout": "Apache-2.0", "colorama": "BSD-3-Clause"}


def locked(name):
    """Names (list of str) of the packages in a lock file."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text, flags=re.MULTILINE)


def licence(name):
    """What a package says its licence is (str)."""
    if name in KNOWN:
        return KNOWN[name]
    facts = metadata.metadata(name)
    if facts.get("License-Expression"):
        return facts["License-Expression"]
    classifiers = [
        line.rpartition(" :: ")[2] for line in facts.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    classifiers = [line for line in classifiers if line != "OSI Approved"]
    if classifiers:
        return ", ".join(classifiers)
    first_line = (facts.get("License") or "").strip().partition("\n")[0]
    return first_line or "not said"


def page():
    """The whole page (str)."""
    base = locked("base")
    dev = [name for name in locked("dev") if name not in set(base)]
    parts = [HEAD]
    for title, names in [("The site", base), ("Tests, lint and bench only", dev)]:
        rows = [f"| {name} | {licence(name)} |" for name in names]
        parts.append("\n".join([f"## {title}", "", "| package | licence |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
