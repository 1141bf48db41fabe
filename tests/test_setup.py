"""The programs behind `make run` and `make test`: sentences instead of tracebacks, nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "postgres://nobody@127.0.0.1:1/none"
# A child that has a child of its own, as a web server has; both write down who they are.
FAMILY = (
    "import os, pathlib, subprocess, sys, time;"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "pathlib.Path(sys.argv[1]).write_text(str(os.getpid()));"
    "time.sleep(60)"
)
SUPERVISE = (
    "import sys; from scripts import serve;"
    "sys.exit(serve.supervise({'one': [sys.executable, '-c', sys.argv[1], sys.argv[2]],"
    " 'two': [sys.executable, '-c', sys.argv[3], sys.argv[4]]}, 'http://127.0.0.1:1'))"
)


def _run(*command, **variables):
    environment = {**os.environ, **variables}
    for name in [name for name, value in variables.items() if value is None]:
        del environment[name]
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_serve_says_which_port_is_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = _run("-m", "scripts.serve", "--port", str(port), DATA_DIR=str(tmp_path))
    assert (result.returncode, result.stdout, result.stderr) == (
        1,
        "",
        f"Port {port} is in use; choose another, for example: make run PORT={port + 1}\n",
    )


def _supervised(tmp_path, second):
    """A supervisor with two children, both of which have started; returns it and their pids."""
    notes = [tmp_path / "one", tmp_path / "two"]
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, FAMILY, str(notes[0]), second, str(notes[1])], cwd=ROOT
    )
    deadline = time.monotonic() + 20
    while not all(note.exists() and note.read_text() for note in notes) and time.monotonic() < deadline:
        time.sleep(0.05)
    return supervisor, [int(note.read_text()) for note in notes]


def _is_over(group):
    """Whether no process of the group is left, waiting some seconds for the last."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_all_children_with_one_signal(tmp_path, number):
    supervisor, groups = _supervised(tmp_path, FAMILY)
    supervisor.send_signal(number)
    assert supervisor.wait(30) == 0
    assert [_is_over(group) for group in groups] == [True, True]


def test_serve_ends_everything_when_one_child_ends(tmp_path):
    short = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(1)"
    supervisor, groups = _supervised(tmp_path, short)
    assert supervisor.wait(30) == 1
    assert [_is_over(group) for group in groups] == [True, True]


def test_serve_leaves_no_orphans_when_it_is_killed(tmp_path):
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent has died")
    supervisor, groups = _supervised(tmp_path, FAMILY)
    supervisor.kill()
    supervisor.wait(10)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in groups if Path(f"/proc/{pid}").exists()] == []
    for group in groups:  # gunicorn ends its own workers upon SIGTERM; these children's children know nothing of it
        os.killpg(group, signal.SIGKILL)


def test_tests_in_ci_refuse_a_machine_without_postgresql(tmp_path):
    result = _run("-m", "scripts.run_tests", "suite", CI="true", TEST_POSTGRES_URL=NOWHERE)
    assert result.returncode == 1
    assert "Missing, and with CI=true nothing may be: PostgreSQL (" in result.stdout


def test_site_refuses_to_start_without_a_secret_key(tmp_path):
    variables = {"SECRET_KEY": None, "DEBUG": None, "DJANGO_SETTINGS_MODULE": "academy.settings.base"}
    result = _run("manage.py", "check", DATA_DIR=str(tmp_path), **variables)
    assert result.returncode != 0
    assert result.stderr.splitlines()[-1].endswith(
        "SECRET_KEY is not set. Set it to a long random text, or set DEBUG=1 to try the site out."
    )
