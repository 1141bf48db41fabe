"""Start the whole site for trying it out: web server, worker and scheduler, one Ctrl-C for all.

Not for production, where a service manager starts the same programs one by one
(see the README). Uses only the standard library, so it stays small and starts at once.
"""

import argparse
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_TIMEOUT = 120  # seconds until the first page must be there
STOP_TIMEOUT = 15  # seconds a child has to finish what it is doing
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main():
    """Prepare, start the children, wait for Ctrl-C or for one of them to end; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    data = Path(os.environ.setdefault("DATA_DIR", str(ROOT / "var")))
    data.mkdir(parents=True, exist_ok=True)
    lock = (data / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _refuse(f"The site already runs on the data in {data}; end it first, or set DATA_DIR.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return _refuse(f"Port {port} is in use; choose another, for example: make run PORT={port + 1}")

    address = f"http://{HOST}:{port}"
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("PUBLIC_BASE_URL", address)
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ["PYTHONUNBUFFERED"] = "1"
    os.environ.setdefault(
        "PYTHONWARNINGS", "ignore"
    )  # Celery's about root and gunicorn's about the reloader help nobody
    for step in ([sys.executable, "-m", "scripts.catalogues", "compile"], [sys.executable, "manage.py", "prepare"]):
        code = _prepare(step)
        if code:
            return code
    return supervise(
        {
            "web server": [
                *[sys.executable, "-m", "gunicorn", "academy.wsgi", "--config", "python:academy.gunicorn"],
                *["--bind", f"{HOST}:{port}", "--workers", "1", "--reload", "--log-level", "error"],
                *["--reload-extra-file", "templates/**/*"],
            ],
            "worker": [
                *[sys.executable, "-m", "celery", "--app", "academy", "--quiet", "worker", "--beat"],
                *["--loglevel", "WARNING", "--pool", "threads", "--concurrency", "2"],
                *["--without-gossip", "--without-mingle", "--without-heartbeat"],
            ],
        },
        address,
    )


def _prepare(command):
    """Run one step to its end; Ctrl-C ends it, and the next start takes up where it was."""
    step = _start(command)
    try:
        return step.wait()
    except KeyboardInterrupt:
        _end([step])
        return _refuse("Interrupted while preparing; the next start goes on from here.")


def _refuse(sentence):
    print(sentence, file=sys.stderr)
    return 1


def supervise(commands, address):
    """Run the commands (name -> list of arguments) until a signal or the end of one; return the exit code."""
    stop = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: stop.append(number))
    children = {name: _start(command) for name, command in commands.items()}
    announced, deadline = False, time.monotonic() + START_TIMEOUT
    ended = None
    while not stop and not ended:
        ended = next((name for name, child in children.items() if child.poll() is not None), None)
        if not announced and _answers(f"{address}/healthz"):
            announced = True
            print(f"\nThe academy is open at {address}/ - end it with Ctrl-C.\n", flush=True)
        elif not announced and time.monotonic() > deadline:
            ended = "web server"
        time.sleep(0.2)
    if ended:
        print(f"The {ended} ended by itself, so everything ends; see the lines above.", file=sys.stderr)
    _end(children.values())
    return 1 if ended else 0


def _start(command):
    """Start a child in a process group of its own, so that Ctrl-C reaches it through us and only once."""
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=_die_with_parent)


def _die_with_parent():
    """On Linux: ask the kernel to end this process should the supervisor be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _end(children):
    """End the children and all that they started: kindly first, then not."""
    for child in children:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"Process {child.pid} did not end in {STOP_TIMEOUT} seconds and is killed.", file=sys.stderr)
        _signal(child, signal.SIGKILL)  # whatever of its group is left
        child.wait()


def _signal(child, number):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310  our own address
            return True
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
