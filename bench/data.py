"""What the bench measures on: 200 courses with a run each, people, a full house to fight for, slots."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from wagtail.models import Locale, Page, Site

from academy.users.models import Profile, User
from cms.models import CourseIndexPage, CoursePage, HomePage
from courses.models import Course, CourseRun, Enrollment, LearningOutcome, Segment, WorkshopSession
from mentoring.models import CoachingSlot, Mentor

COURSES = 200
LEARNERS = 200
PER_RUN = 10
SEATS = 20


def people(count, prefix):
    """So many verified people with a name; no passwords."""
    made = [User(email=f"{prefix}{number}@example.org", name=f"Žofie Nováková {number}") for number in range(count)]
    for person in made:
        person.set_unusable_password()
    return User.objects.bulk_create(made)


def catalogue():
    """Home, catalogue and 200 Czech course pages, each course with outcomes and a run of two sessions, half full."""
    locale = Locale.objects.get(language_code="cs")
    root = Page.get_first_root_node()
    for page in root.get_children():
        page.delete()
    home = root.add_child(instance=HomePage(title="Akademie", slug="akademie", locale=locale))
    Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "127.0.0.1", "root_page": home})
    index = home.add_child(instance=CourseIndexPage(title="Kurzy", slug="kurzy", locale=locale))
    segments = [
        Segment.objects.create(slug=f"obor-{number}", name_cs=f"Obor {number}", name_en=f"Segment {number}")
        for number in range(9)
    ]
    trainers = [Profile.objects.create(name=f"Lektorka {number}", slug=f"lektorka-{number}") for number in range(10)]
    learners = people(100, "seated")
    enrollments = []
    for number in range(COURSES):
        course = Course(
            code=f"bench-{number}",
            title_cs=f"Smlouvy a práva v praxi {number}",
            title_en=f"Contracts and rights in practice {number}",
            summary_cs="Jak číst smlouvu, co v ní chybí a kdy zavolat právníka.",
            summary_en="How to read a contract, what it lacks and when to call a lawyer.",
            description_cs="Den nad skutečnými smlouvami. " * 20,
            description_en="A day with real contracts. " * 20,
            hours=7,
        )
        course.save()  # a relation of many to many needs the id, and is itself stored by a second save
        course.segments.add(segments[number % 9])
        course.save()
        LearningOutcome.objects.bulk_create(
            LearningOutcome(course=course, text_cs=f"Pozná past číslo {n}.", text_en=f"Spots trap {n}.", sort_order=n)
            for n in range(4)
        )
        index.add_child(instance=CoursePage(title=course.title_cs, slug=f"kurz-{number}", course=course, locale=locale))
        run = run_of(course, code=f"B-{number}", capacity=SEATS, trainer=trainers[number % 10], day=10 + number % 60)
        enrollments += [
            Enrollment(run=run, learner=learners[(number + n) % 100], status=Enrollment.Status.CONFIRMED,
                       confirmed_at=timezone.now())
            for n in range(PER_RUN)
        ]  # fmt: skip
    Enrollment.objects.bulk_create(enrollments)
    return index


def run_of(course, *, code, capacity, day, trainer=None):
    """A published run of two sessions that starts in so many days."""
    run = CourseRun(course=course, code=code, status=CourseRun.Status.PUBLISHED, capacity=capacity)
    run.save()
    if trainer:
        run.trainers.add(trainer)
        run.save()
    starts_at = (timezone.now() + timedelta(days=day)).replace(hour=9, minute=0, second=0, microsecond=0)
    WorkshopSession.objects.bulk_create(
        WorkshopSession(run=run, title_cs=f"Setkání {n + 1}", title_en=f"Session {n + 1}",
                        starts_at=starts_at + timedelta(days=n), ends_at=starts_at + timedelta(days=n, hours=4))
        for n in range(2)
    )  # fmt: skip
    return run


def signed_in(person):
    """The session cookie (dict) of somebody who has just signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return {settings.SESSION_COOKIE_NAME: session.session_key}


def slots(mentors, per_mentor):
    """Ids of open slots, `per_mentor` hours of each of so many mentors, none overlapping."""
    first = (timezone.now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    made = []
    for number in range(mentors):
        profile = Profile.objects.create(name=f"Mentorka {number}", slug=f"mentorka-{number}")
        mentor = Mentor.objects.create(profile=profile, min_notice_hours=0)
        for hour in range(per_mentor):
            starts_at = first + timedelta(hours=hour)
            ends_at = starts_at + timedelta(minutes=45)
            made.append(
                CoachingSlot(
                    mentor=mentor, starts_at=starts_at, ends_at=ends_at, busy_from=starts_at, busy_until=ends_at
                )
            )
    return [slot.pk for slot in CoachingSlot.objects.bulk_create(made)]
