"""How long the mail with a code may be under way."""

from datetime import timedelta

# A mail that has not left by then brings no usable code any more, and is not sent.
LONGEST_WAIT = timedelta(hours=24)
