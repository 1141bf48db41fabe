"""What a message says: letters, and who composes them for which kind of message."""

import re
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils.translation import get_language

from .texts import words_of
from .wording import fill, is_editable, marked_parts


@dataclass(frozen=True)
class Attachment:
    """A file in a mail: name, content (bytes or str) and MIME type, parameters included.

    With a `content_id` it is an image that the HTML shows in its place, as src="cid:<content_id>".
    """

    name: str
    content: bytes | str
    mime_type: str
    content_id: str = ""


@dataclass(frozen=True)
class Letter:
    """What a message says, in the language active when it was composed.

    Of a private letter the log of messages keeps neither the subject nor the text.
    Answers go to `reply_to` (address), or else to the office.
    """

    subject: str
    text: str
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    is_private: bool = False
    reply_to: str = ""


# Each: (kind) -> iterable of (recipient: User, facts: dict, label), real rows of which a message of that kind
# could speak; for trying out the words of a letter.
samples: dict[str, Callable] = {}

# kind -> what it is called (lazy str), where no editable letter's subject says it.
kind_labels: dict[str, str] = {}

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


def letter_from_templates(template, context, attachments=(), *, is_private=False, reply_to=""):
    """Return the Letter of templates/<template>.txt and .html; the subject is the text's first line.

    The text template starts with the subject line, then an empty line. It is text:
    nothing in it is escaped for HTML, and several empty lines in a row become one.
    """
    office = _office_words(template, context)
    context = {**context, "wording": office}
    words = get_template(f"{template}.txt").template.render(Context(context, autoescape=False))
    subject, _separator, body = words.strip().partition("\n")
    subject = " ".join(office.get("subject", subject).split())
    html = render_to_string(f"{template}.html", {**context, "subject": subject})
    body = "\n\n".join([office.get("before", ""), body.strip(), office.get("after", "")])
    text = re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"
    return Letter(subject, text, html, list(attachments), is_private, reply_to)


def _office_words(template, context):
    """The office's own words for this letter, filled in; what the template does not mark goes before or after it."""
    if not is_editable(template):
        return {}
    words = _tried.get() or words_of(template, get_language())
    office = fill(template, words, context)
    for part, place in (("opening", "before"), ("closing", "after")):
        if part in office and part not in marked_parts(template):
            office[place] = office.pop(part)
    return office


# Words that somebody tries out in a preview, instead of those that are kept.
_tried = ContextVar("tried", default=None)


@contextmanager
def trying(words):
    """Compose with these words ({part: str}) instead of those that are kept; for previews."""
    token = _tried.set(words)
    try:
        yield
    finally:
        _tried.reset(token)


def composer_of(template):
    """Return the kind (str) of message whose composer bears this letter's name in its app, or None.

    "courses/mail/confirmed" is composed by a function `confirmed` somewhere in courses.
    """
    app, _separator, name = template.partition("/mail/")
    app = app.split("/")[0]
    for kind, function in composers.items():
        if function.__name__ == name and app in function.__module__.split("."):
            return kind
    return None
