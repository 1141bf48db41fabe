"""What a test needs from the machine, asked for in one way.

Where it is missing the test is skipped and the reason stands in the summary;
with CI=true it fails, because there nothing may be missing.
"""

import os
import shutil

import pytest

MISSING = "missing here: "
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def missing(what, remedy):
    """Leave the running test out because `what` is missing; `remedy` says what to install or start."""
    reason = f"{MISSING}{what}; {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name, remedy):
    """Return the path (str) of a program, or leave the test out."""
    return shutil.which(name) or missing(name, remedy)


def find_chromium():
    """Return the path (str) of Chromium or None: CHROMIUM if set, else the first found on the PATH."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def chromium():
    """Return the path (str) of Chromium, or leave the test out."""
    return find_chromium() or missing("Chromium", "install it with: apt-get install chromium")


def redis():
    """Return the address (str) of a Redis database of our own: TEST_REDIS_URL, else number 15 on this machine."""
    from redis import Redis, RedisError  # noqa: PLC0415  only tests that need it pay for it

    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    try:
        Redis.from_url(url, socket_connect_timeout=2).ping()
    except RedisError:
        missing(f"Redis at {url}", "install it with: apt-get install redis-server, or set TEST_REDIS_URL")
    return url
