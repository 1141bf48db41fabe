"""Rate limits on forms, counted in the cache."""

import hashlib
import time
from functools import wraps

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.core.cache import cache
from django.shortcuts import render


def throttle(name, *, times, seconds):
    """Decorator for a view: at most `times` POSTs in `seconds` from one person, else a page with status 429.

    A person is the account, or the network address of whoever is not logged in.
    Reading is never limited.
    """

    def decorator(view):
        @wraps(view)
        def limited(request, *args, **kwargs):
            if request.method == "POST" and not _allow(f"{name}:{_who(request)}", times, seconds):
                return too_many_requests(request)
            return view(request, *args, **kwargs)

        return limited

    return decorator


def has_tries(request, name, *, times, seconds):
    """Whether this person may try once more; for what is limited only when it goes wrong (see count_try)."""
    return cache.get(_try_key(request, name, seconds), 0) < times


def count_try(request, name, *, seconds):
    """Count a try of this person's that went wrong, in the present stretch of `seconds`."""
    _allow(f"tries:{name}:{_who(request)}", 0, seconds)


def has_room(request, name, amount, *, most, seconds):
    """Count `amount` (int) for the network address in the present stretch of `seconds`; return whether it fits `most`.

    What does not fit is not counted.
    """
    key = _stretch(f"amount:{name}:{network_of(request)}", seconds)
    cache.add(key, 0, timeout=seconds + 1)
    try:
        if cache.incr(key, amount) <= most:
            return True
        cache.decr(key, amount)
    except ValueError:  # as in _allow
        return True
    return False


def too_many_requests(request, exception=None):
    """The page for somebody who was too fast; also allauth's (handler429 in academy.urls)."""
    return render(request, "429.html", status=429)


def _who(request):
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return network_of(request)


def network_of(request):
    """Return the visitor's network address as a hash (str), for keys in the cache."""
    address = truncate_ip(get_adapter().get_client_ip(request))
    return hashlib.sha256(address.encode()).hexdigest()[:32]


def _try_key(request, name, seconds):
    return _stretch(f"tries:{name}:{_who(request)}", seconds)


def _stretch(key, seconds):
    return f"throttle:{key}:{int(time.time() // seconds)}"


def _allow(key, times, seconds):
    """Count one more in the present stretch of `seconds`; return whether it is within `times`."""
    key = _stretch(key, seconds)
    cache.add(key, 0, timeout=seconds + 1)
    try:
        return cache.incr(key) <= times
    except ValueError:  # the count ran out, or the cache is away, between the two lines
        return True
