"""A gunicorn of our own on a free port, and a PostgreSQL database of our own that goes away again."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from scripts import test_databases

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 60  # seconds


@contextmanager
def database(url, folder):
    """A migrated database on the server at `url` (postgres://...); yields its URL and drops it afterwards."""
    name = f"academy_bench_{os.getpid()}"
    test_databases.copies_on_postgres(sys.executable, url, folder, name, [""])
    try:
        yield test_databases.database_url(url, name)
    finally:
        test_databases.drop_on_postgres(url, name)


def environment(database_url, folder, redis_url):
    """Variables as in production, except that no TLS stands in front."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DEBUG", "DJANGO_SETTINGS_MODULE")}
    return kept | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "STATIC_ROOT": str(folder / "static"),
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_BASE_URL": "https://academy.example.org",
        "SECURE_SSL_REDIRECT": "0",
        "EMAIL_URL": "memorymail://",
        "LOG_LEVEL": "ERROR",
    }


def free_port():
    """A port (int) that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def gunicorn(application, variables, *, processes, first_path="/", log):
    """Serve `application`; yields (port, pid of the master, seconds from start to the first page)."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--config", "python:academy.gunicorn"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(processes), "--log-level", "error"]
    started = time.perf_counter()
    with Path(log).open("a") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=output)
        try:
            _wait(process, f"http://127.0.0.1:{port}{first_path}", log)
            yield port, process.pid, time.perf_counter() - started
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process, url, log):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=START_TIMEOUT):  # noqa: S310  our own address
                return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{url} answered {error.code}: {Path(log).read_text()[-3000:]}") from error
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"The server did not start: {Path(log).read_text()[-3000:]}")


def worker_memory(master):
    """(proportional, resident) memory in MiB of the largest worker of a gunicorn master, by pid.

    Workers share what was loaded before they were made; the proportional size divides that among them.
    """
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    sizes = []
    for child in children:
        lines = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()
        facts = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
        sizes.append((facts["Pss:"], facts["Rss:"]))
    return max(sizes)
