"""What a message says: letters, and who composes them for which kind of message."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.template.loader import render_to_string


@dataclass(frozen=True)
class Attachment:
    """A file in a mail: name, content (bytes or str) and MIME type, parameters included."""

    name: str
    content: bytes | str
    mime_type: str


@dataclass(frozen=True)
class Letter:
    """What a message says, in the language active when it was composed.

    Of a private letter the log of messages keeps neither the subject nor the text.
    """

    subject: str
    text: str
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    is_private: bool = False


# kind -> (message: Message) -> Letter, or None when there is nothing to say any more.
composers: dict[str, Callable] = {}


def composer(kind):
    """Decorator: the function composes messages of this kind."""

    def register(function):
        composers[kind] = function
        return function

    return register


def letter_from_templates(template, context, attachments=(), *, is_private=False):
    """Return the Letter of templates/<template>.txt and .html; the subject is the text's first line.

    The text template starts with the subject line, then an empty line.
    """
    text = render_to_string(f"{template}.txt", context)
    subject, _separator, body = text.strip().partition("\n")
    html = render_to_string(f"{template}.html", {**context, "subject": subject.strip()})
    return Letter(subject.strip(), body.strip() + "\n", html, list(attachments), is_private)
