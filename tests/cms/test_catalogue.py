from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from cms import catalogue
from cms.filters import Filters
from cms.folding import fold
from courses.models import Enrollment, Segment
from tests.factories import courses as make
from tests.factories.cms import course_page

pytestmark = pytest.mark.django_db

S = Enrollment.Status


def english(title="Booking", **extra):
    """A course with a live English page."""
    course = make.course(f"{title} cs", public=False, title_en=title, **extra)
    course_page(course, language="en")
    return course


def listing(**filters):
    with override("en"):
        return catalogue.listing(Filters(filters))[0]


def names(**filters):
    return [row["title"] for row in listing(**filters)]


def test_listing_has_only_courses_with_a_live_page_in_the_active_language():
    english("Public")
    make.course("Jen česky")
    course_page(make.course(public=False), language="en", live=False)

    assert names() == ["Public"]


def test_listing_falls_back_to_the_czech_title():
    course_page(make.course("Jen česky", public=False, title_en=""), language="en")

    assert names() == ["Jen česky"]


def test_listing_puts_the_soonest_first_and_the_undated_last():
    make.run(of=english("Later"), starts_in=timedelta(days=9))
    english("Undated")
    make.run(of=english("Sooner"), starts_in=timedelta(days=2))

    assert names() == ["Sooner", "Later", "Undated"]


def test_listing_shows_the_run_that_can_be_entered_before_an_earlier_full_one():
    course = english()
    full = make.run(of=course, starts_in=timedelta(days=2), capacity=1)
    make.enrollment(of=full)
    open_run = make.run(of=course, starts_in=timedelta(days=9))

    assert listing()[0]["run"]["code"] == open_run.code


def test_listing_leaves_out_drafts_and_what_is_over():
    course = english()
    make.run(of=course, status="draft")
    make.run(of=course, starts_in=timedelta(days=-9))
    make.run(of=course, status="cancelled", cancelled_at=timezone.now())

    assert listing()[0]["run"] is None


@pytest.mark.parametrize(
    ("capacity", "seated", "waiting", "words"),
    [
        (2, 0, 0, "2 places free"),
        (2, 1, 0, "1 place free"),
        (1, 1, 0, "Full, nobody is waiting yet"),
        (1, 1, 1, "Full, 1 person is waiting"),
        (2, 1, 1, "Full, 1 person is waiting"),
        (1, 1, 2, "Full, 2 people are waiting"),
        (None, 3, 0, "Places free"),
        (0, 0, 0, "Enrollment is over"),
    ],
)
def test_listing_says_how_many_places_are_free(capacity, seated, waiting, words):
    run = make.run(of=english(), capacity=capacity)
    for _seat in range(seated):
        make.enrollment(of=run)
    for number in range(waiting):
        make.enrollment(of=run, status=S.WAITING, queue_number=number + 1)

    assert listing()[0]["run"]["seats"] == words


def test_an_expired_offer_holds_no_place():
    run = make.run(of=english(), capacity=1)
    offer = make.enrollment(of=run, status=S.OFFERED, offered_until=timezone.now() + timedelta(hours=1))
    assert listing()[0]["run"]["seats"] == "Full, nobody is waiting yet"

    Enrollment.objects.filter(pk=offer.pk).update(offered_until=timezone.now() - timedelta(hours=1))

    assert listing()[0]["run"]["seats"] == "1 place free"


def test_price_place_and_language_are_said_in_words():
    run = make.run(of=english(), sessions=0, price=1200, mode="hybrid", language="en")
    make.session(of=run, venue=make.venue(city="Brno"))

    row = listing()[0]["run"]

    assert (row["price_words"], row["place"], row["language_words"]) == (
        "CZK\xa01,200",
        "Brno and online",
        "In English",
    )


def test_search_folds_letters_and_diacritics():
    english("Žluťoučký kůň")
    english("Other")

    assert names(q="zlutoucky KUN") == ["Žluťoučký kůň"]
    assert names(q="zlutoucky pes") == []
    assert fold("ŘEŘICHA") == "rericha"


def test_filters_choose_by_what_course_and_run_say():
    segment = Segment.objects.create(slug="export", name_cs="Export", name_en="Export")
    online = english("Online", level="beginner", mode="online")
    online.segments.set([segment])
    online.save()
    make.run(of=online, mode="online", language="en")
    onsite = english("On site", level="intermediate")
    run = make.run(of=onsite, sessions=0, capacity=1)
    make.session(of=run, venue=make.venue(city="Brno"))
    make.enrollment(of=run)

    assert names(segment="export") == ["Online"]
    assert names(level="intermediate") == ["On site"]
    assert names(mode="online") == ["Online"]
    assert names(language="en") == ["Online"]
    assert names(town="Brno") == ["On site"]
    assert names(free="on") == ["Online"]
    assert names(mode="nonsense") == []


def test_filters_show_the_run_that_matches():
    course = english()
    make.run(of=course, starts_in=timedelta(days=2), mode="onsite")
    online = make.run(of=course, starts_in=timedelta(days=9), mode="online")

    assert [row["run"]["code"] for row in listing(mode="online")] == [online.code]


def test_an_undated_course_is_found_by_how_it_is_taught():
    english("Undated", mode="online", language="en")

    assert names(mode="online", language="en") == ["Undated"]
    assert names(mode="onsite") == []
    assert names(free="on") == []


@pytest.mark.parametrize("count", [1, 30])
def test_listing_costs_the_same_queries_for_any_number(count, django_assert_num_queries):
    for number in range(count):
        make.run(of=english(f"Course {number}"), sessions=2)

    with override("en"), django_assert_num_queries(6):
        catalogue.listing(Filters({}))
