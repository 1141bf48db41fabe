"""The demo's mentors, their weekly time and some bookings, made through the rules."""

from datetime import time

from academy.users.models import Profile, User
from courses.models import Segment

from . import booking, slots
from .models import CoachingSlot, Mentor, WeeklyPattern

BRIEF = {
    "cs": "Chci projít rozpočet podzimního turné a zkontrolovat dvě smlouvy s kluby.",
    "en": "I would like to go through the budget of the autumn tour and check two contracts with clubs.",
}


def load_content(content, _now):
    """Load mentors with their terms and weekly patterns."""
    for entry in content["mentors"]:
        terms = entry["availability"]
        mentor = Mentor.objects.create(
            profile=Profile.objects.get(slug=entry["slug"]),
            mode=terms["mode"],
            meeting_link=f"https://meet.example.org/{entry['slug']}",
            cancel_hours=terms["cancel_hours"],
            max_per_person=terms["max_per_person"],
            is_confidential=terms.get("confidential", False),
        )
        mentor.specialities.set(Segment.objects.filter(slug__in=entry["specialities"]))
        WeeklyPattern.objects.create(
            mentor=mentor,
            weekday=terms["weekday"],
            from_time=time.fromisoformat(terms["from"]),
            to_time=time.fromisoformat(terms["to"]),
            slot_minutes=terms["slot_minutes"],
            break_minutes=terms["break_minutes"],
            mode=terms["mode"],
        )


def replay_history(_content, now):
    """Open the coming slots of every mentor and book the second one of each."""
    learners = User.objects.filter(email__in=["p1@example.org", "p4@example.org", "p7@example.org"]).order_by("email")
    for number, mentor in enumerate(Mentor.objects.order_by("pk")):
        slots.open_slots_ahead(mentor, at=now)
        coming = CoachingSlot.objects.live().filter(mentor=mentor, starts_at__gt=now).order_by("starts_at")
        learner = learners[number % len(learners)]
        for slot in coming[4:5]:
            booking.book(slot, learner, by=learner, brief=BRIEF[learner.language], at=now)
