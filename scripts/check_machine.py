"""Say in one sentence what a bare machine lacks; runs on its own Python, before anything is installed."""

import importlib.util
import sys

if sys.version_info < (3, 11):  # noqa: UP036  the Python that reads this may well be older
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"Python 3.11 or newer is needed, this one is {found}; name another with: make PYTHON=python3.11 run")
if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
    sys.exit("Python's venv module is missing; install it with: apt-get install python3-venv")
