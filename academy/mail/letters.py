"""What a message says: letters, and who composes them for which kind of message."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.template import Context
from django.template.loader import get_template, render_to_string


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
    """Decorator: the function composes messages of this kind; a second one for a kind is an error."""

    def register(function):
        if composers.get(kind, function) is not function:
            raise ValueError(f"{kind!r} is composed twice")
        composers[kind] = function
        return function

    return register


def letter_from_templates(template, context, attachments=(), *, is_private=False):
    """Return the Letter of templates/<template>.txt and .html; the subject is the text's first line.

    The text template starts with the subject line, then an empty line. It is text:
    nothing in it is escaped for HTML, and several empty lines in a row become one.
    """
    words = get_template(f"{template}.txt").template.render(Context(context, autoescape=False))
    subject, _separator, body = words.strip().partition("\n")
    html = render_to_string(f"{template}.html", {**context, "subject": subject.strip()})
    text = re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"
    return Letter(subject.strip(), text, html, list(attachments), is_private)
