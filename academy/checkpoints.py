"""Named places between a check and the write that relies on it.

A rule calls reach("enroll:checked") there. Nothing happens, unless a race test
has installed a hook in its own process: then all rivals are made to stand at
this place at the same time, which shows whether the lock holds. See
tests/races/__init__.py.
"""

from collections.abc import Callable

hooks: dict[str, Callable] = {}


def reach(name):
    """Run the hook installed for this place, if any."""
    hook = hooks.get(name)
    if hook:
        hook()
