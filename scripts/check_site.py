"""Check the site as production would have it: migrations complete, `check --deploy` without a warning."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    """Run both checks; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="academy-check-") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DEBUG", "DATABASE_URL", "REDIS_URL")},
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "academy.example.org",
            "PUBLIC_BASE_URL": "https://academy.example.org",
            "REDIS_URL": "redis://127.0.0.1:6379/0",
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "academy.settings.base",
        }
        for arguments in (["makemigrations", "--check", "--dry-run"], ["check", "--deploy", "--fail-level", "WARNING"]):
            code = subprocess.run(
                [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=False
            ).returncode
            if code:
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
