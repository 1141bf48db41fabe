"""What a page says about a run: dates, place, seats, price, in words of the active language.

Rows in, words out, no queries. Asking for the active language and translating
cost more than anything else in a long list, so what follows from the facts and
the language alone is put into words once and remembered.
"""

from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from academy import times
from academy.money import price
from courses.models import CourseRun, Mode, WorkshopSession
from courses.run_state import CAN_ENTER, RunFacts, RunState, compute_state

TAGS = {
    RunState.OPEN: "ok",
    RunState.FULL: "wait",
    RunState.NOT_OPEN: "wait",
    RunState.INVITATION: "wait",
    RunState.RUNNING: "off",
    RunState.ENTRY_CLOSED: "off",
    RunState.FINISHED: "off",
    RunState.CANCELLED: "warn",
}
# Whole phrases, because Czech bends the name of the language.
_TAUGHT_IN = {"cs": gettext_lazy("In Czech"), "en": gettext_lazy("In English")}
CHOSEN_BY_OFFICE = (CourseRun.Entry.APPROVAL, CourseRun.Entry.CALL)


def language_name(code):
    """The name (str) of the language with this code, in the active one: “angličtina”."""
    return Locale.parse(get_language()).languages.get(code, code)


@lru_cache(maxsize=64)
def _taught_in(_language, code):
    """“In English”, as a fact of a run."""
    return str(_TAUGHT_IN[code]) if code in _TAUGHT_IN else language_name(code)


def place(mode, towns):
    """Where a run happens: its towns, online, or both."""
    if mode == Mode.ONLINE:
        return _("Online")
    where = ", ".join(towns) or _("Place to be announced")
    return _("%(place)s and online") % {"place": where} if mode == Mode.HYBRID else where


def when(starts_at, ends_at, zone):
    """The day of a run, or its first and last day."""
    if starts_at is None:
        return _("Date to be announced")
    return times.brief_days(starts_at, ends_at, zone)


def seats(facts, state, zone):
    """What stands where the number of seats left would: the number, or why there is none."""
    if state == RunState.NOT_OPEN:
        return _("Enrollment opens %(day)s") % {"day": times.brief_day(facts.opens_at, zone)}
    if state == RunState.FULL:
        if not facts.people_waiting:
            return _("Full, nobody is waiting yet")
        return ngettext(
            "Full, %(number)s person is waiting", "Full, %(number)s people are waiting", facts.people_waiting
        ) % {"number": facts.people_waiting}
    if state != RunState.OPEN:
        return str(state.label)
    if facts.entry in CHOSEN_BY_OFFICE:
        if facts.closes_at:
            return _("Apply by %(day)s") % {"day": times.brief_day(facts.closes_at, zone)}
        return _("The office confirms places")
    if facts.seats_left is None:
        return _("Places free")
    return ngettext("%(number)s place free", "%(number)s places free", facts.seats_left) % {"number": facts.seats_left}


def action(state, entry):
    """What the button of a run says, or "" where there is nothing to press."""
    if state == RunState.FULL:
        return _("Join the waiting list")
    if state == RunState.OPEN:
        return _("Apply") if entry in CHOSEN_BY_OFFICE else _("Enroll")
    if state == RunState.INVITATION:
        return _("Enroll with a code")
    return ""


def describe(run, at, language):
    """Add to the row of a run (dict, see catalogue.runs) what a page says about it, and return it.

    `language` is the active one; a list asks for it once.
    """
    facts = RunFacts(
        status=run["status"],
        entry=run["entry"],
        opens_at=run["opens_at"],
        closes_at=run["closes_at"],
        starts_at=run["starts_at"],
        ends_at=run["ends_at"],
        capacity=run["capacity"],
        seats_taken=run["seats_taken"],
        people_waiting=run["people_waiting"],
    )
    state = compute_state(facts, at)
    run["facts"] = facts
    run["state"] = state
    run["can_enter"] = state in CAN_ENTER
    run.update(_run_words(language, facts, state, run["time_zone"], run["mode"], run["towns"], run["price"]))
    run["language_words"] = _taught_in(language, run["language"])
    return run


@lru_cache(maxsize=8192)
def _run_words(_language, facts, state, zone, mode, towns, amount):
    return {
        "tag": TAGS.get(state, "off"),
        "when": when(facts.starts_at, facts.ends_at, zone),
        "place": place(mode, towns),
        "seats": seats(facts, state, zone),
        "price_words": price(amount),
        "action": action(state, facts.entry),
    }


def describe_session(session):
    """Add to the row of a session (dict) what a page says about it, and return it."""
    zone = session["time_zone"]
    first, last = times.brief_day(session["starts_at"], zone), times.brief_day(session["ends_at"], zone)
    starts, ends = times.clock(session["starts_at"], zone), times.clock(session["ends_at"], zone)
    where = ", ".join(part for part in (session["name"], session["venue__address"], session["venue__city"]) if part)
    session.update(
        day=first,
        hours=f"{starts}–{ends}" if first == last else f"{starts} – {last} {ends}",
        zone=times.zone_name(zone),
        place=place(session["mode"], (where,) if where else ()),
        is_cancelled=session["status"] == WorkshopSession.Status.CANCELLED,
    )
    return session
