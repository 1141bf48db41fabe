"""What every app contributes to, filled in each AppConfig.ready().

A lower layer offers a list here, the upper layers add to it: that is how news
and duties travel upwards without an import. Entries run in the order added.
"""

from collections.abc import Callable
from dataclasses import dataclass

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

# Each: (user) -> iterable of (name, bytes); files that belong to a person's copy of their data. None for the
# bytes: the storage has lost the file, and the copy says so.
personal_data_files: dict[str, Callable] = {}


@dataclass(frozen=True)
class Fate:
    """What erasing does with one thing: it goes at once, or it `stays` for the reason the sentence gives."""

    sentence: str
    stays: bool = False


# Each: (user, at: datetime) -> iterable of Fate: what an eraser would do now. Writes nothing.
personal_data_plans: dict[str, Callable] = {}

# Each: (user) -> the last day (date) on which the person's name is needed as evidence, or None.
evidence_days: dict[str, Callable] = {}

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

# Each: (user, since: datetime, cancelled_since: datetime) -> iterable of icalendar.Event, without attendees; the
# person's entries that end after `since`, and those cancelled after `cancelled_since`.
calendar_entries: dict[str, Callable] = {}

# Each: () -> QuerySet of ids of courses that have at least one live public page.
# Courses do not know pages, so the layer that does says which are public.
public_course_ids: dict[str, Callable] = {}

# Each: () -> dict of facts about who issues certificates: name ({language: str}), postal_address,
# email, country (two letters), company_id, serial_prefix. Later entries win.
issuer_facts: dict[str, Callable] = {}

# Each: () -> dict of facts about the account that fees are paid to: iban, bic, holder. Later entries win.
payment_account: dict[str, Callable] = {}


@dataclass(frozen=True)
class RunSection:
    """A section of a run's page in the admin, shown under its own tab.

    `context` is (run, request) -> dict for the template, or None where the run has
    no such section; it is called only when the tab is open, with None for an answer
    then giving 404. `is_shown` is (run) -> bool, without a query.
    """

    label: str
    template: str
    context: Callable
    permission: str = "courses.view_courserun"
    is_shown: Callable = lambda run: True


# Each: a RunSection, in the order of the tabs, after those of courses.
run_sections: dict[str, RunSection] = {}

# Each: an ActionView (academy.admin.actions) on CourseRun; a button on the run's page.
# The app that adds one routes it itself (hook register_admin_urls).
run_actions: dict[str, type] = {}

# Each: a courses.admin.bulk.BulkAction; something done to chosen people of a run, after a preview.
run_bulk_actions: dict[str, type] = {}


@dataclass(frozen=True)
class ExportColumn:
    """A column that staff may choose for the list of a run's people.

    `values` is (enrollments: list) -> {enrollment id: str, int, date, datetime or None}, in a
    number of queries that does not grow with the list. Only who has `permission` is offered it.
    """

    label: str
    values: Callable
    permission: str = "courses.view_enrollment"


# Each: (run, user) -> {key: ExportColumn}; further columns of the list of a run's people.
run_export_columns: dict[str, Callable] = {}


@dataclass(frozen=True)
class TimelineLine:
    """One change as people read it: what, about whom or what, from and to, by whom, why (all str)."""

    what: str
    about: str = ""
    change: str = ""
    who: str = ""
    why: str = ""


@dataclass(frozen=True)
class TimelineSource:
    """One kind of change in a run's history.

    `rows` is (run) -> QuerySet with its moment in the column `moment`; `lines` is
    (rows: QuerySet) -> {id: TimelineLine} in a constant number of queries. Only who has
    `permission` sees it.
    """

    rows: Callable
    lines: Callable
    moment: str = "at"
    permission: str = "courses.view_courserun"


# Each: a TimelineSource; merged by time into the history of a run.
run_timeline: dict[str, TimelineSource] = {}


def add(entries, name):
    """Decorator: put the function into `entries` under `name`; a second one of that name is an error."""

    def register(function):
        if entries.get(name, function) is not function:
            raise ValueError(f"{name!r} is registered twice")
        entries[name] = function
        return function

    return register
