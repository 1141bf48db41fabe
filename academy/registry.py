"""What every app contributes to, filled in each AppConfig.ready().

A lower layer offers a list here, the upper layers add to it: that is how news
and duties travel upwards without an import. Entries run in the order added.
"""

from collections.abc import Callable

# Each: () -> iterable of sentences (str), one per row that breaks a truth.
audit_checks: dict[str, Callable] = {}

# Each: (content: academy.demo.content.Entry, now: datetime) -> None. First all content
# (courses, pages, mentors), then all history (what people did with it), so that an
# enrollment finds the page it needs.
demo_content: dict[str, Callable] = {}
demo_history: dict[str, Callable] = {}

# Each: (user) -> dict of JSON-ready facts; for a person's copy of their data.
personal_data_exporters: dict[str, Callable] = {}

# Each: (user) -> list of sentences saying what stays and why, after erasing what may go.
personal_data_erasers: dict[str, Callable] = {}

# Each: (now: datetime) -> iterable of (sentence, url); what staff should look at today.
attention_items: dict[str, Callable] = {}

# Each: (run, zip_writer) -> None; one app's section of a run's evidence pack.
evidence_sections: dict[str, Callable] = {}

# Each: (enrollment) -> list of (label, url); what a learner can download, such as a certificate.
enrollment_documents: dict[str, Callable] = {}

# Each: (user, answer) -> bool: whether an activity, such as judging, lets the user open an answer's file.
answer_readers: dict[str, Callable] = {}

# Prefix of Message.about -> () -> iterable of (about, label, address in the admin or ""), for the log of messages.
message_topics: dict[str, Callable] = {}

# Each: () -> QuerySet of ids of courses that have at least one live public page.
# Courses do not know pages, so the layer that does says which are public.
public_course_ids: dict[str, Callable] = {}

# Each: () -> dict of facts about who issues certificates: name ({language: str}), postal_address,
# email, country (two letters), company_id, serial_prefix. Later entries win.
issuer_facts: dict[str, Callable] = {}


def add(entries, name):
    """Decorator: put the function into `entries` under `name`; a second one of that name is an error."""

    def register(function):
        if entries.get(name, function) is not function:
            raise ValueError(f"{name!r} is registered twice")
        entries[name] = function
        return function

    return register
