"""Logs without people in them."""

import logging
import re

ADDRESS = re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)


class PrivateFormatter(logging.Formatter):
    """Writes [address] in place of every e-mail address, tracebacks included."""

    def format(self, record):
        return ADDRESS.sub("[address]", super().format(record))
