"""`make bench`: measure, print a table of figures beside yardsticks and goals. Needs PostgreSQL."""

import os
import signal
import sys
import tempfile
from pathlib import Path

from scripts.run_tests import find_postgres, find_redis

from . import server

TIME_LIMIT = 900  # seconds for everything
REDIS_DATABASE = 13  # ours while the bench runs, and emptied afterwards


def main():
    """Set the stage, run every part that was asked for (all by default), print the table; return the exit code."""
    signal.alarm(TIME_LIMIT)
    signal.signal(signal.SIGALRM, _too_long)
    url, why = find_postgres()
    if not url:
        print(f"The bench needs PostgreSQL ({why}); start it, or set TEST_POSTGRES_URL.")
        return 1
    redis_url, _why = find_redis(REDIS_DATABASE)
    with tempfile.TemporaryDirectory(prefix="academy-bench-") as name:
        folder = Path(name)
        with server.database(url, folder) as database_url:
            variables = server.environment(database_url, folder, redis_url or "")
            os.environ.update(variables)
            os.environ["DJANGO_SETTINGS_MODULE"] = "academy.settings.base"
            from . import parts  # noqa: PLC0415  Django is set up for this very database

            try:
                return parts.run(variables | {"DJANGO_SETTINGS_MODULE": "academy.settings.base"}, folder, sys.argv[1:])
            finally:
                if redis_url:
                    parts.empty_redis(redis_url)


def _too_long(_number, _frame):
    raise SystemExit(f"The bench took longer than {TIME_LIMIT} seconds and was ended.")


if __name__ == "__main__":
    sys.exit(main())
