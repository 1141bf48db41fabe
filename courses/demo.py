"""The demo's courses and what people did with them, replayed through the rules."""

import itertools
from datetime import timedelta

from academy.demo import people
from academy.demo.content import ContentError, moment
from academy.users.models import Profile, User

from . import attendance, completion, enrollment
from .entry import demo as entry_demo
from .models import (
    Attendance,
    Course,
    CourseRun,
    Curriculum,
    CurriculumOutcome,
    CurriculumStep,
    Enrollment,
    Funder,
    LearningOutcome,
    Segment,
    Venue,
    WorkshopSession,
)
from .organisations import demo as organisations
from .questions import demo as questions
from .selection import demo as selection

# How many generated learners come to a run besides those the content names.
CROWD = {
    "PR-6": 34,
    "AP-3": 22,
    "BK-4": 12,
    "PR-7": 9,
    "AP-4": 5,
    "DZ-3": 6,
    "SY-2": 7,
    "KM-2": 18,
    "SH-1": 6,
    "AP-5": 4,
}


def load_content(content, now):
    """Load segments, funders, venues, courses with runs and sessions, and curricula."""
    for order, entry in enumerate(content["taxonomy"]["segments"]):
        Segment.objects.create(slug=entry["slug"], sort_order=order, **entry.columns("name"))
    for entry in content["funders"]:
        Funder.objects.create(
            slug=entry["slug"],
            kind=entry["kind"],
            grant_number=entry["grant_number"] or "",
            website=entry["website"],
            retention_years=entry["retention_years"],
            **entry.columns("name"),
            **entry.columns("summary"),
            **entry.columns("acknowledgement"),
        )
    for entry in content["courses"]:
        _load_course(entry, now)
    for entry in content["curricula"]:
        _load_curriculum(entry)
    questions.load_content(content)
    selection.load_content(content, now)


def _load_course(entry, now):
    rule = entry["certificate"]
    course = Course.objects.create(
        code=entry["slug"],
        format=entry["format"],
        level=entry["level"],
        mode=entry["mode"],
        language=entry["language"],
        hours=entry["hours"],
        certificate_kind=rule["kind"],
        min_attendance_percent=rule["min_attendance_percent"],
        has_final_task=rule["final_task"],
        **entry.columns("title"),
        **entry.columns("summary"),
        **entry.columns("description"),
        **entry.columns("for_whom"),
    )
    course.segments.set(Segment.objects.filter(slug__in=entry["segments"]))
    course.save()
    for order, outcome in enumerate(entry["outcomes"]):
        LearningOutcome.objects.create(course=course, sort_order=order, text_cs=outcome["cs"], text_en=outcome["en"])
    for run in entry["runs"]:
        _load_run(course, entry, run, now)


def _load_run(course, entry, facts, now):
    sessions = facts["sessions"]
    first = sessions[0]
    starts_at = moment(first, first["start"], now, first["tz"])
    window = facts.get("application")
    run = CourseRun.objects.create(
        course=course,
        code=facts["code"],
        status=CourseRun.Status.PUBLISHED,
        entry=entry_demo.way_in(facts) or entry["enrollment"],
        language=entry["language"],
        mode=entry["mode"],
        venue=_venue(next((session for session in sessions if session["place"]), None)),
        time_zone=first["tz"],
        capacity=entry["capacity"],
        minimum=entry["minimum"],
        price=entry["price"],
        opens_at=moment(window, "00:00", now, first["tz"], key="opens") if window else _opening(starts_at, now),
        closes_at=moment(window, window["closes"]["time"], now, first["tz"], key="closes") if window else None,
        cancel_until=starts_at - timedelta(days=3),
        promotion=CourseRun.Promotion.OFFER if facts["code"] == "LP-5" else CourseRun.Promotion.AUTOMATIC,
        freeze_hours=24,
        **entry_demo.columns(facts, now, first["tz"]),
    )
    entry_demo.load_quotas(run, facts)
    run.trainers.set(Profile.objects.filter(slug__in=entry["mentors"]))
    run.funders.set(Funder.objects.filter(slug__in=entry["funders"]))
    run.save()
    for session in sessions:
        begins, ends = (moment(session, session[key], now, session["tz"]) for key in ("start", "end"))
        WorkshopSession.objects.create(
            run=run,
            starts_at=begins,
            ends_at=ends,
            break_minutes=session.get("break_minutes", 0),
            time_zone=session["tz"],
            mode=session["mode"],
            venue=_venue(session),
            joining_link="" if session["mode"] == "onsite" else f"https://meet.example.org/{run.code.lower()}",
            **session.columns("title"),
        )


def _opening(starts_at, now):
    """Enrollment opens sixty days before a run starts, for coming runs at least a month ago."""
    return min(starts_at - timedelta(days=60), now - timedelta(days=30))


def _venue(session):
    if not session or not session["place"]:
        return None
    city, _comma, name = session["place"].partition(", ")
    country = "EE" if session["tz"] == "Europe/Tallinn" else "CZ"
    venue, _made = Venue.objects.get_or_create(
        city=city, name_cs=name, defaults={"name_en": name, "country": country, "time_zone": session["tz"]}
    )
    return venue


def _load_curriculum(entry):
    curriculum = Curriculum.objects.create(
        slug=entry["slug"],
        optional_at_least=entry["complete_when"]["optional_at_least"],
        **entry.columns("title"),
        **entry.columns("summary"),
    )
    for order, outcome in enumerate(entry["outcomes"]):
        CurriculumOutcome.objects.create(
            curriculum=curriculum, sort_order=order, text_cs=outcome["cs"], text_en=outcome["en"]
        )
    for order, step in enumerate(entry["steps"]):
        CurriculumStep.objects.create(
            curriculum=curriculum,
            course=Course.objects.get(code=step["course"]),
            is_required=step["required"],
            sort_order=order,
        )


def replay_history(content, now):
    """Enroll, approve, cancel, record attendance and close finished runs as it would have happened."""
    named = {}
    answers = questions.Answers(content)
    for person in content["demo_people"]:
        user = User.objects.get(email=person["email"])
        for wish in person["enrollments"]:
            named.setdefault(wish["run"], []).append((user, wish))
    for entry in content["courses"]:
        for facts in entry["runs"]:
            run = CourseRun.objects.select_related("course").get(code=facts["code"])
            _Replay(run, facts, named.pop(facts["code"], []), now, answers).play()
    questions.delete_overdue(at=now)
    selection.replay(content, now, office=User.objects.get(email=people.OFFICE))
    organisations.replay(now, office=User.objects.get(email=people.OFFICE))
    if named:
        raise ContentError(f"{content.source}: nobody can enroll in unknown runs {', '.join(sorted(named))}.")


class _Replay:
    """What happened on one run."""

    def __init__(self, run, facts, named, now, answers):
        self.answers = answers
        self.run, self.facts, self.named, self.now = run, facts, named, now
        self.office = User.objects.get(email=people.OFFICE)
        self.is_finished = facts["state"] == "finished"
        first = run.sessions.all().order_by("starts_at")[0]
        opens = run.opens_at
        until = min(first.starts_at - timedelta(days=1), now, run.closes_at or now)
        step = (until - opens) / 80
        self.moments = (opens + step * number for number in itertools.count(1))
        self.coming = entry_demo.Coming(run, by=self.office, at=opens)

    def play(self):
        for user, _wish in self._order():
            self._enroll(user)
        for user, wish in self.named:
            if wish["state"] == "cancelled_by_participant":
                enrollment.cancel(self._of(user), by=user, at=next(self.moments))
        if self.run.entry == CourseRun.Entry.APPROVAL:
            self._approve_some()
        if self.is_finished:
            self._record_attendance()
            last = self.run.sessions.all().order_by("-ends_at")[0]
            completion.close_run(self.run, by=self.office, at=last.ends_at + timedelta(days=1))

    def _order(self):
        """Named people who have a place, the generated crowd, then the named people who wait."""
        waiting = sorted(
            (pair for pair in self.named if pair[1]["state"] == "waiting"), key=lambda pair: pair[1]["position"]
        )
        placed = [pair for pair in self.named if pair[1]["state"] != "waiting"]
        if self.facts["state"] == "full":
            crowd = self.run.capacity - len(placed)
            late = self.facts["waiting_list"] - len(waiting)
        else:
            crowd, late = CROWD.get(self.run.code, 0), 0
        generated = list(User.objects.filter(email__startswith="learner").order_by("email"))
        # Each run starts elsewhere in the list, so that not the same people sit everywhere.
        shift = sum(map(ord, self.run.code)) % len(generated)
        generated = (generated[shift:] + generated[:shift])[: crowd + late]
        pairs = [(user, None) for user in generated]
        return [*placed, *pairs[:crowd], *waiting, *pairs[crowd:]]

    def _enroll(self, user):
        self.answers.enroll(user, self.run, by=user, at=next(self.moments), **self.coming.says(user))

    def _of(self, user):
        return Enrollment.objects.active().get(run=self.run, learner=user)

    def _approve_some(self):
        applied = Enrollment.objects.filter(
            run=self.run, status=Enrollment.Status.APPLIED, learner__email__startswith="l"
        )
        for row in applied.order_by("pk")[:4]:
            enrollment.approve(row, by=self.office, at=next(self.moments))

    def _record_attendance(self):
        hours = {user.pk: wish.get("attended_hours") for user, wish in self.named}
        trainer = User.objects.filter(profile__runs=self.run).first()
        sessions = list(self.run.sessions.all().order_by("starts_at"))
        for number, session in enumerate(sessions):
            marks = {}
            for row in Enrollment.objects.holding_seat(session.starts_at).filter(run=self.run):
                wanted = hours.get(row.learner_id)
                if wanted is None:
                    # Every ninth misses the first session, every thirteenth leaves the last one early.
                    missing = row.pk % 9 == 0 and number == 0
                    early = row.pk % 13 == 0 and number == len(sessions) - 1
                    marks[row.pk] = (
                        (Attendance.Status.ABSENT, None, "")
                        if missing
                        else (Attendance.Status.LEFT_EARLY, session.minutes - 20, "")
                        if early
                        else (Attendance.Status.PRESENT, None, "")
                    )
                    continue
                minutes = max(0, min(session.minutes, wanted * 60 - sum(s.minutes for s in sessions[:number])))
                present = minutes == session.minutes
                marks[row.pk] = (Attendance.Status.PRESENT if present else Attendance.Status.ABSENT, None, "")
            attendance.mark_many(session, marks, by=trainer, at=session.ends_at)
