"""Load the demo into a fresh database, twice, and check every truth over it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from . import test_databases

ROOT = Path(__file__).resolve().parent.parent


def main():
    """Demo, demo again (it must leave everything alone), audit; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="academy-audit-") as folder:
        test_databases.copies_on_sqlite(sys.executable, folder, [""])
        environment = {
            **os.environ,
            "DEBUG": "1",
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/test.sqlite3",
            "LOG_LEVEL": "WARNING",
        }
        for command in ("demo", "demo", "audit"):
            code = subprocess.run(
                [sys.executable, "manage.py", command], cwd=ROOT, env=environment, check=False
            ).returncode
            if code:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
