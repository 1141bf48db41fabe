"""What a visitor typed before they had logged in, kept on the server until they are back.

It lives in the visitor's session, which a login carries over, and not in the
address: so nothing personal is in a link or a log.
"""

import time

LIFETIME = 24 * 60 * 60  # seconds


def keep(request, key, data):
    """Keep `data` (JSON-ready) for 24 hours under `key` (str), in place of what was there."""
    request.session[_name(key)] = {"until": time.time() + LIFETIME, "data": data}


def peek(request, key):
    """Return what was kept under `key`, or None; changes nothing, so a GET may call it."""
    kept = request.session.get(_name(key))
    return kept["data"] if kept and time.time() <= kept["until"] else None


def take(request, key):
    """Return what was kept under `key`, or None, and forget it."""
    data = peek(request, key)
    request.session.pop(_name(key), None)
    return data


def _name(key):
    return f"pending:{key}"
