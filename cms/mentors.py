"""What the list of mentors and the page of one mentor show."""

from collections import defaultdict
from datetime import timedelta

from django import forms
from django.db.models import F
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model

from academy import times
from courses.models import Mode
from mentoring.models import CoachingSlot, Mentor

from . import catalogue
from .addresses import booking_address, page_address
from .columns import columns, plain, said
from .run_words import language_name
from .selects import choice

SLOTS_SHOWN = 12


class MentorFilterForm(forms.Form):
    """The form of the list of mentors, a plain GET form."""

    segment = choice(_("Speciality"))
    language = choice(_("Language"))
    mode = choice(_("How"))

    def __init__(self, data, *, segments, languages):
        super().__init__(data)
        any_choice = ("", _("Any"))
        self.fields["segment"].choices = [any_choice, *((row["slug"], row["name"]) for row in segments)]
        self.fields["language"].choices = [any_choice, *((code, language_name(code)) for code in languages)]
        self.fields["mode"].choices = [any_choice, *Mode.choices]


def context_of_index(values, at):
    """Public mentors that match the visitor's choice, each with the next free slot; 4 queries for any number."""
    rows = list(_mentors())
    segments = list(catalogue.all_segments())
    languages = sorted({code for row in rows for code in row["languages"]})
    form = MentorFilterForm(values, segments=segments, languages=languages)
    chosen = {name: values.get(name) or "" for name in ("segment", "language", "mode")}
    rows = [row for row in rows if _matches(row, chosen)]
    next_slots = _next_slots([row["id"] for row in rows], at)
    for row in rows:
        slot = next_slots.get(row["id"])
        row["next"] = slot and _slot_words(slot)
    rows.sort(key=lambda row: (row["next"] is None, row["next"] and row["next"]["starts_at"], row["name"]))
    return {"mentors": rows, "form": form, "is_filtered": any(chosen.values())}


def context_of_mentor(page, slug, at):
    """One public mentor with the free slots ahead; Http404 for anybody else."""
    found = list(_mentors(slug=slug))
    if not found:
        raise Http404
    mentor = found[0]
    free = _free_slots([mentor["id"]], at).filter(starts_at__gte=at + timedelta(hours=mentor["notice"]))
    slots = [_slot_words(slot) for slot in free[: SLOTS_SHOWN + 1]]
    return {
        "mentor": mentor,
        "slots": slots[:SLOTS_SHOWN],
        "has_more": len(slots) > SLOTS_SHOWN,
        "index_url": page_address(page.url_path, get_language()),
        "photo": get_image_model().objects.filter(pk=mentor["photo_id"]).first() if mentor["photo_id"] else None,
    }


def public():
    """Rows (dict) of all public mentors by name; 3 queries."""
    return list(_mentors())


def _mentors(slug=None):
    """Rows (dict) of public mentors by name, with their specialities; 3 queries."""
    mentors = plain(Mentor).filter(is_public=True).order_by("profile__name")
    if slug:
        mentors = mentors.filter(profile__slug=slug)
    texts = ["profile__headline", "profile__bio"]
    rows = mentors.values(
        "id",
        "mode",
        "cancel_hours",
        "is_confidential",
        *columns(*texts),
        notice=F("min_notice_hours"),
        name=F("profile__name"),
        slug=F("profile__slug"),
        codes=F("profile__languages"),
        town=F("profile__city"),
        zone=F("profile__time_zone"),
        photo_id=F("profile__photo_id"),
    )
    names = {row["id"]: row for row in catalogue.all_segments()}
    specialities = defaultdict(list)
    links = Mentor.specialities.through.objects.order_by("segment__sort_order", "segment__slug")
    for mentor, segment in links.values_list("mentor_id", "segment_id"):
        specialities[mentor].append(names[segment])
    modes = dict(Mode.choices)
    for row in rows:
        said(row, *texts)
        row["languages"] = [code.strip() for code in row["codes"].split(",") if code.strip()]
        row["language_words"] = ", ".join(language_name(code) for code in row["languages"])
        row["segments"] = specialities[row["id"]]
        row["speciality_words"] = ", ".join(segment["name"] for segment in row["segments"])
        row["mode_words"] = str(modes[row["mode"]])
        yield row


def _matches(row, chosen):
    return (
        (not chosen["segment"] or chosen["segment"] in [segment["slug"] for segment in row["segments"]])
        and (not chosen["language"] or chosen["language"] in row["languages"])
        and (not chosen["mode"] or row["mode"] in (chosen["mode"], Mode.HYBRID))
    )


def _free_slots(mentors, at):
    """Slots of the mentors (ids) that can be booked at `at`, the soonest first."""
    return (
        CoachingSlot.objects.live()
        .with_places_left(at)
        .filter(mentor__in=mentors, places_left__gt=0, starts_at__gt=at)
        .order_by("starts_at", "pk")
        .values(
            "id", "mentor_id", "starts_at", "ends_at", "mode", "place", "places_left",
            "capacity", notice=F("mentor__min_notice_hours"), zone=F("mentor__profile__time_zone"),
        )
    )  # fmt: skip


def _next_slots(mentors, at):
    """The first slot of each mentor (ids) that can still be booked, as dict: mentor id -> row; one query."""
    found = {}
    for slot in _free_slots(mentors, at):
        if slot["starts_at"] - timedelta(hours=slot["notice"]) >= at:
            found.setdefault(slot["mentor_id"], slot)
    return found


def _slot_words(slot):
    zone = slot["zone"]
    modes = dict(Mode.choices)
    return {
        **slot,
        "day": times.brief_day(slot["starts_at"], zone),
        "hours": f"{times.clock(slot['starts_at'], zone)}–{times.clock(slot['ends_at'], zone)}",
        "zone_words": times.zone_name(zone),
        "where": slot["place"] or str(modes[slot["mode"]]),
        "url": booking_address(slot["id"]),
    }
