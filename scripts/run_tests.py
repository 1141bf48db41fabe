"""Run the suite on every database this machine has, and say at the end what it could not test and why.

    python -m scripts.run_tests suite|races|browser|wagtail8 [arguments for pytest]

SQLite is always there. PostgreSQL is looked for at TEST_POSTGRES_URL, else at the
local socket as the user who runs this; Redis at TEST_REDIS_URL, else on this
machine. With CI=true nothing may be missing. Each run has databases and a folder
of its own, so that several checkouts can be tested at once.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import test_databases

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"
PYTEST = ["-m", "pytest", "-o", "addopts=--strict-markers", "--reuse-db", "-p", "no:cacheprovider", "-q", "-rfEs"]
IN_PARALLEL = ["-n", "2", "--dist", "loadfile"]
PARTS = {
    "suite": ["-m", "not race and not browser", *IN_PARALLEL],
    "races": ["-m", "race"],
    "browser": ["-m", "browser"],
    "wagtail8": ["-m", "not race and not browser", *IN_PARALLEL],
}
POSTGRES_REMEDY = "start it and give this user a role that may create databases, or set TEST_POSTGRES_URL"
REDIS_REMEDY = "start it, or set TEST_REDIS_URL"


def main(part, *arguments):
    """Run one part; print what each run said and what was left out; return the exit code."""
    python = _wagtail8() if part == "wagtail8" else sys.executable
    databases, missing = {"SQLite": None}, []
    if part in ("suite", "races"):
        url, why = find_postgres()
        if url:
            databases["PostgreSQL"] = url
        else:
            missing.append(f"PostgreSQL ({why}; {POSTGRES_REMEDY})")
        redis, why = find_redis()
        if not redis:
            missing.append(f"Redis ({why}; {REDIS_REMEDY})")
    if missing and IN_CI:
        print(*(f"Missing, and with CI=true nothing may be: {what}" for what in missing), sep="\n")
        return 1
    summaries, worst = [], 0
    for name, url in databases.items():
        print(f"--- {part} on {name} ---", flush=True)
        code, summary = _pytest(python, PARTS[part], url, arguments)
        worst = worst or code
        summaries.append(f"--- {part} on {name}\n{summary}")
    summaries = [*(f"NOT TESTED: {what}" for what in missing), *summaries]
    print("", *summaries, sep="\n")
    if os.environ.get("SUMMARY_FILE"):
        with Path(os.environ["SUMMARY_FILE"]).open("a") as file:
            print(*summaries, sep="\n", file=file)
    return worst


def _pytest(python, selection, database_url, arguments):
    """Run pytest once, on databases of this run's own; return (exit code, its last line)."""
    name = f"test_academy_{os.getpid()}"
    suffixes = ["_gw0", "_gw1"] if selection[-4:] == IN_PARALLEL else [""]
    with tempfile.TemporaryDirectory(prefix="academy-test-") as folder:
        environment = {**os.environ, "DATA_DIR": folder, "TEST_DATABASE_NAME": name}
        environment.pop("DATABASE_URL", None)
        try:
            if database_url:
                environment["DATABASE_URL"] = database_url
                test_databases.copies_on_postgres(python, database_url, folder, name, suffixes)
            else:
                test_databases.copies_on_sqlite(python, folder, suffixes)
            process = subprocess.Popen(
                [python, *PYTEST, *selection, *arguments],
                cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, bufsize=1,
            )  # fmt: skip
            last = ""
            for line in process.stdout:
                print(line, end="", flush=True)
                last = line.strip() or last
            code = process.wait()
        finally:
            if database_url:
                test_databases.drop_on_postgres(database_url, name)
    return code, last


def find_postgres():
    """(URL or None, why not): a PostgreSQL where this user may create databases."""
    import psycopg  # noqa: PLC0415  only once the environment is filled

    url = os.environ.get("TEST_POSTGRES_URL", "postgres:///postgres?host=/var/run/postgresql")
    try:
        with psycopg.connect(re.sub(r"^postgres://", "postgresql://", url), connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            user = connection.info.user
    except psycopg.Error as error:
        return None, str(error).strip().splitlines()[0]
    if not row[0]:
        return None, "this role may not create databases"
    if os.environ.get("TEST_POSTGRES_URL"):
        return url, ""
    return f"postgres://{user}@/postgres?host=/var/run/postgresql", ""


def find_redis(database=15):
    """(URL or None, why not): a Redis, and the number of a database there that is ours to fill."""
    from redis import Redis, RedisError  # noqa: PLC0415  only once the environment is filled

    url = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{database}")
    try:
        Redis.from_url(url, socket_connect_timeout=2).ping()
    except RedisError as error:
        return None, str(error)
    return url, ""


def _wagtail8():
    """Path of a Python that has the locked packages with Wagtail replaced by the newest 8.x; made once a day."""
    folder = ROOT / "var" / "wagtail8"
    python, stamp = folder / "bin" / "python", folder / ".stamp"
    lock = ROOT / "requirements" / "dev.txt"
    day = 86_400  # seconds
    if stamp.exists() and stamp.stat().st_mtime > max(lock.stat().st_mtime, time.time() - day):
        return str(python)
    print("Making an environment with Wagtail 8 ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:"]
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    subprocess.run([*pip, "--upgrade", "wagtail>=8,<9"], check=True)
    stamp.touch()
    return str(python)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
