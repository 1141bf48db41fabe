"""The frozen facts of a certificate: what is true of the person and the course at the moment of issue.

Two steps: facts_of_...() read rows into a plain dict; freeze() adds serial,
address, dates and the printed words, and touches nothing but its arguments.
A snapshot holds only JSON's types and no floats, so that its hash is the same
on every database. All elements of the EU recommendation on micro-credentials
(2022/C 243/02, Annex I) have a place; those that a course does not set are
empty, never invented.
"""

import hashlib
import json
import unicodedata
import zoneinfo
from datetime import date
from decimal import Decimal

from django.conf import settings

from courses.models import Enrollment, WorkshopSession

from . import wording

SCHEMA = 1
UNIT = "hour = 60 minutes"
LANGUAGES = [code for code, _name in settings.LANGUAGES]


class NoSessions(Exception):
    """No session was held that concerns the person, so there are no dates to print."""


def facts_of_enrollment(enrollment):
    """Return what an enrollment's certificate says (dict); the enrollment has a completion and planned sessions."""
    run, course, completion = enrollment.run, enrollment.run.course, enrollment.completion
    starts_on, ends_on = _dates([enrollment])
    return {
        "holder": _holder(enrollment.learner),
        "language": enrollment.learner.language,
        "kind": course.certificate_kind,
        "subject": {
            "code": course.code,
            "title": _texts(course, "title"),
            "outcomes": _lists(course.outcomes.all(), "text"),
            "level": course.level,
            "courses": [],
        },
        "run": {"code": run.code, "time_zone": run.time_zone, "language": run.language},
        "dates": {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()},
        "extent": {
            "unit": UNIT,
            "workload_hours": _plain(course.hours),
            "minutes_attended": completion.minutes_attended,
            "minutes_held": completion.minutes_held,
        },
        "participation": {"mode": run.mode},
        "rule": {
            "min_attendance_percent": course.min_attendance_percent,
            "all_required_sessions": course.all_required_sessions,
            "has_final_task": course.has_final_task,
        },
        "assessment": {"type": "final_task" if course.has_final_task else "attendance", "grade": ""},
        "micro_credential": _micro_credential(),
        "funders": _funders([run]),
    }


def facts_of_curriculum(completion):
    """Return what the certificate of a completed path says: its courses and their sums (dict)."""
    curriculum, learner = completion.curriculum, completion.learner
    enrollments = list(
        Enrollment.objects.filter(
            learner=learner, status=Enrollment.Status.COMPLETED, run__course__curriculum_steps__curriculum=curriculum
        )
        .select_related("run__course", "completion")
        .order_by("confirmed_at", "pk")
    )
    # A course taken twice counts once, by its first completion.
    by_course = {}
    for enrollment in enrollments:
        by_course.setdefault(enrollment.run.course_id, enrollment)
    taken = list(by_course.values())
    starts_on, ends_on = _dates(taken)
    return {
        "holder": _holder(learner),
        "language": learner.language,
        "kind": "curriculum",
        "subject": {
            "code": curriculum.slug,
            "title": _texts(curriculum, "title"),
            "outcomes": _lists(curriculum.outcomes.all(), "text"),
            "level": "",
            "courses": [
                {
                    "code": enrollment.run.course.code,
                    "enrollment": str(enrollment.uid),
                    "run": enrollment.run.code,
                    "title": _texts(enrollment.run.course, "title"),
                    "workload_hours": _plain(enrollment.run.course.hours),
                }
                for enrollment in taken
            ],
        },
        "run": {"code": "", "time_zone": settings.TIME_ZONE, "language": ""},
        "dates": {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()},
        "extent": {
            "unit": UNIT,
            "workload_hours": _plain(sum((enrollment.run.course.hours for enrollment in taken), Decimal(0))),
            "minutes_attended": sum(enrollment.completion.minutes_attended for enrollment in taken),
            "minutes_held": sum(enrollment.completion.minutes_held for enrollment in taken),
        },
        "participation": {"mode": _joint_mode({enrollment.run.mode for enrollment in taken})},
        "rule": {"optional_at_least": curriculum.optional_at_least},
        "assessment": {"type": "courses", "grade": ""},
        "micro_credential": _micro_credential(),
        "funders": _funders([enrollment.run for enrollment in taken]),
    }


def freeze(facts, *, serial, verify_url, version, replaces, issued_on, issuer):
    """Return the whole snapshot (dict) of `facts`. Pure.

    `replaces` is the serial of the version before, or ""; `issued_on` a date in
    the issuer's zone; `issuer` the dict of registry.issuer_facts.
    """
    snapshot = {
        "schema": SCHEMA,
        "template": wording.TEMPLATE,
        "serial": serial,
        "verify_url": verify_url,
        "version": version,
        "replaces": replaces,
        "issued_on": issued_on.isoformat(),
        "issuer": {name: value for name, value in issuer.items() if name != "serial_prefix"},
        "signatories": [],
        **facts,
    }
    snapshot["printed"] = {language: _printed(snapshot, language, issued_on) for language in LANGUAGES}
    return _normalised(snapshot)


def sha256(snapshot):
    """Return the hash (hex) of a snapshot, however the database orders its keys."""
    text = json.dumps(snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def texts(value):
    """Yield every str in a snapshot, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def _printed(snapshot, language, issued_on):
    """Everything the PDF says in one language, formatted: later changes of wording or locale data cannot touch it."""
    words = wording.words(language)
    kind_words = words[snapshot["kind"]]
    extent = snapshot["extent"]
    start, end = (date.fromisoformat(snapshot["dates"][name]) for name in ("starts_on", "ends_on"))
    workload = wording.hours(Decimal(extent["workload_hours"]), language)
    attended, held = (
        wording.hours(Decimal(extent[name]) / 60, language) for name in ("minutes_attended", "minutes_held")
    )
    with_task = snapshot["rule"].get("has_final_task") and "sentence_with_task" in kind_words
    labels = words["labels"]
    facts = [
        [labels["dates"], wording.dates(start, end, language)],
        [labels["workload"], workload],
        [labels["attended"], words["attended"].format(attended=attended, held=held)],
        [labels["mode"], words["modes"][snapshot["participation"]["mode"]]],
        [labels["assessment"], words["assessments"][snapshot["assessment"]["type"]]],
    ]
    if snapshot["run"]["code"]:
        facts.append([labels["run"], snapshot["run"]["code"]])
    company_id = snapshot["issuer"].get("company_id")
    return {
        "title": kind_words["title"],
        "sentence": kind_words["sentence_with_task" if with_task else "sentence"].format(
            course=snapshot["subject"]["title"][language],
            period=wording.period(start, end, language),
            workload=workload,
            attended=attended,
            held=held,
        ),
        "facts": facts,
        "issued_on": wording.date(issued_on, language),
        "footnote": words["footnote"].format(verify_url=snapshot["verify_url"], serial=snapshot["serial"]),
        "company_id": labels["company_id"].format(company_id=company_id) if company_id else "",
        "labels": labels,
    }


def _holder(learner):
    return {"name": " ".join(learner.name.split())}


def _texts(row, field):
    """Return {language: text}; a language that has none takes the first that has one."""
    found = {language: _visible(getattr(row, f"{field}_{language}", "")) for language in LANGUAGES}
    fallback = next((text for text in found.values() if text), "")
    return {language: text or fallback for language, text in found.items()}


def _visible(text):
    """The text without invisible characters, which come along when an editor pastes from elsewhere."""
    shown = "".join(character for character in text or "" if unicodedata.category(character) != "Cf")
    return " ".join(shown.split())


def _lists(rows, field):
    """Return {language: [text, ...]} of all rows."""
    both = [_texts(row, field) for row in rows]
    return {language: [texts[language] for texts in both] for language in LANGUAGES}


def _funders(runs):
    """Funders of the runs, each once, with what is to be printed."""
    funders = {funder.pk: funder for run in runs for funder in run.funders.all()}
    return [
        {
            "name": _texts(funder, "name"),
            "acknowledgement": _texts(funder, "acknowledgement"),
            "grant_number": funder.grant_number or "",
        }
        for _pk, funder in sorted(funders.items())
    ]


def _dates(enrollments):
    """First and last day of the sessions that were held and concern the person, each run in its own zone."""
    days = set()
    for enrollment in enrollments:
        zone = zoneinfo.ZoneInfo(enrollment.run.time_zone)
        for session in enrollment.run.sessions.all():
            if session.status == WorkshopSession.Status.PLANNED and enrollment.takes_part_in(session):
                days |= {session.starts_at.astimezone(zone).date(), session.ends_at.astimezone(zone).date()}
    if not days:
        raise NoSessions
    return min(days), max(days)


def _joint_mode(modes):
    return modes.pop() if len(modes) == 1 else "hybrid"


def _micro_credential():
    """Elements of Annex I that no column holds yet. A level is printed only if somebody has a basis for it."""
    return {
        "eqf_level": "",
        "ects": "",
        "quality_assurance": "",
        "prerequisites": "",
        "identity_check": "",
        "stackability": "",
    }


def _plain(number):
    """A Decimal as text without trailing zeros and exponent: 7.0 -> "7"."""
    return format(number.normalize(), "f")


def _normalised(value):
    """The same structure with every text in NFC, which is what fonts have glyphs for."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {key: _normalised(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normalised(item) for item in value]
    return value
