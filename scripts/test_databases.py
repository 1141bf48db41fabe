"""Migrated databases to copy from, so that migrations run once per change instead of once per test run.

Migrating from nothing takes some twenty seconds of one core (Wagtail alone has a
hundred migrations) and a suite with two workers on two databases would do it four
times. The original is named after everything that migrations depend on.
"""

import gc
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "test-databases"
KEPT = 3
# Each checkout has originals of its own on the server, and clears away only those.
PREFIX = f"academy_migrated_{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}_"
ADMIN_URL_SCHEME = re.compile(r"^postgres://")


def key(python):
    """Sixteen hex digits that change with any migration, lock file or Python environment."""
    digest = hashlib.sha256(str(python).encode())
    for path in sorted(
        [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/*/migrations/*.py"), ROOT / "requirements/base.txt"]
    ):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def copies_on_sqlite(python, data_dir, suffixes):
    """Put a migrated test database into `data_dir` for each suffix of xdist's workers ("" without xdist)."""
    original = FOLDER / f"{key(python)}.sqlite3"
    if not original.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in sorted(FOLDER.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()
        unfinished = original.with_suffix(f".{os.getpid()}")
        _migrate(python, f"sqlite:///{unfinished}", data_dir)
        unfinished.replace(original)
    for suffix in suffixes:
        shutil.copy(original, Path(data_dir) / f"test.sqlite3{suffix}")


def copies_on_postgres(python, url, data_dir, name, suffixes):
    """Make the databases `name`+suffix on the server at `url` (postgres://...) from a migrated original."""
    import psycopg  # noqa: PLC0415  only once the environment is filled
    from psycopg import sql  # noqa: PLC0415

    original = PREFIX + key(python)
    with psycopg.connect(ADMIN_URL_SCHEME.sub("postgresql://", url), autocommit=True) as connection:
        names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
        if original not in names:
            for old in names:
                if old.startswith(PREFIX):
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
            unfinished = f"{original}_{os.getpid()}"
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            _migrate(python, database_url(url, unfinished), data_dir)
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(original))
            )
        for suffix in suffixes:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name + suffix), sql.Identifier(original)
                )
            )


def drop_on_postgres(url, name):
    """Drop every database whose name begins with `name`; a run leaves nothing but the original."""
    import psycopg  # noqa: PLC0415  only once the environment is filled
    from psycopg import sql  # noqa: PLC0415

    with psycopg.connect(ADMIN_URL_SCHEME.sub("postgresql://", url), autocommit=True) as connection:
        for (found,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            if found.startswith(name):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(found)))


def database_url(url, name):
    """The same server's URL (str) with another database."""
    head, question, options = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{options}"


def _migrate(python, url, data_dir):
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "academy.settings.test",
    }
    subprocess.run([python, "-m", "scripts.test_databases"], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    gc.disable()  # a third of the time is spent looking for garbage among the migrations' many models
    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], "migrate", "--verbosity=0"])
