"""The two pieces of news that travel upwards. Sent with send(), inside the transaction.

enrollment_completed: an enrollment met its course's rule when the run was closed.
    Arguments: enrollment (Enrollment), at (datetime), by (User or None).
completion_changed: a correction changed the result of a closed run's enrollment.
    Arguments: enrollment, at, by.
"""

from django.dispatch import Signal

enrollment_completed = Signal()
completion_changed = Signal()
