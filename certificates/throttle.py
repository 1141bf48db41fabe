"""Slow down whoever guesses tokens and serial numbers: so many misses a minute and address."""

from django.core.cache import cache

from academy.throttle import network_of

MISSES_PER_MINUTE = 30


def is_throttled(request):
    """Return whether this visitor's address has missed too often within the minute."""
    return cache.get(_key(request), 0) >= MISSES_PER_MINUTE


def count_miss(request):
    """Remember one wrong guess for a minute."""
    key = _key(request)
    if not cache.add(key, 1, timeout=60):
        try:
            cache.incr(key)
        except ValueError:  # it expired in between
            cache.add(key, 1, timeout=60)


def _key(request):
    return f"certificates.misses:{network_of(request)}"
