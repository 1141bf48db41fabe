import html
import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cms.models import CallIndexPage, CallPage
from courses.models import Segment
from tests.factories import courses as make_course
from tests.factories import selection as make
from tests.factories import users
from tests.factories.cms import home_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def index():
    """The list of calls in English."""
    home_page("cs")
    home = home_page("en")
    return home.add_child(instance=CallIndexPage(title="Calls", slug="calls", locale=home.locale, show_in_menus=True))


def call_page(index, selection, title="A call", **extra):
    slug = f"call-{selection.pk}"
    return index.add_child(
        instance=CallPage(title=title, slug=slug, lead="A lead.", run=selection.run, locale=index.locale, **extra)
    )


def text_of(response):
    body = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(body))


def titles(rows):
    return [row["title"] for row in rows]


def closing(selection, **when):
    selection.run.closes_at = timezone.now() + timedelta(**when)
    selection.run.opens_at = selection.run.closes_at - timedelta(days=30)
    selection.run.save()
    return selection


def test_list_tells_open_coming_and_past_calls_apart(client, index):
    now = timezone.now()
    call_page(index, closing(make.call(), days=20), "Open late")
    call_page(index, closing(make.call(), days=3), "Open soon")
    call_page(index, make.call(results_at=now + timedelta(days=9)), "Past")
    coming = make.call(is_open=True)
    coming.run.opens_at = now + timedelta(hours=2)
    coming.run.save()
    call_page(index, coming, "Coming")
    call_page(index, make.call(is_open=True), "Hidden", live=False)

    response = client.get("/en/calls/")

    found = response.context
    assert titles(found["open_calls"]) == ["Open soon", "Open late"]
    assert titles(found["coming"]) == ["Coming"]
    assert titles(found["past"]) == ["Past"]
    for words in ("Closing soon", "Apply by", "Results by", "Closed", "Opens"):
        assert words in text_of(response)


def test_list_without_calls_says_so(client, index):
    assert "No call is open now." in text_of(client.get("/en/calls/"))


@pytest.mark.parametrize("count", [1, 30])
def test_list_costs_the_same_queries_for_any_number(client, index, count, django_assert_num_queries):
    for _number in range(count):
        call_page(index, make.call(is_open=True))
    client.get("/en/calls/")

    with django_assert_num_queries(10):
        client.get("/en/calls/")


def test_home_and_menu_lead_to_open_calls(client, index):
    call_page(index, make.call(is_open=True), "Open now")
    call_page(index, make.call(), "Past")

    response = client.get("/en/")

    assert titles(response.context["calls"]) == ["Open now"]
    assert 'href="/en/calls/"' in response.content.decode()


def test_call_page_says_dates_criteria_segments_and_where_to_apply(client, index):
    selection = make.call(is_open=True, weights=(70, 30), results_at=timezone.now() + timedelta(days=9), places=5)
    segment = Segment.objects.create(slug="export", name_cs="Export", name_en="Export abroad")
    selection.run.course.segments.set([segment])
    selection.run.course.save()
    page = call_page(
        index,
        selection,
        offered=[("text", "<p>We pay the fare.</p>")],
        eligibility=[("text", "<ul><li>You manage an artist.</li></ul>")],
    )

    response = client.get(f"/en/calls/{page.slug}/")

    text = text_of(response)
    for words in ("Export abroad", "We pay the fare.", "You manage an artist.", "Criterion 1", "70 %", "from 0 to 5"):
        assert words in text
    assert "Prague time" in text
    assert f"/en/runs/{selection.run.code}/enroll/" in response.content.decode()


def test_past_call_has_no_way_in(client, index):
    selection = make.call()
    page = call_page(index, selection)

    assert "/enroll/" not in client.get(f"/en/calls/{page.slug}/").content.decode()


def test_call_page_leads_an_applicant_to_their_application(client, index):
    selection = make.call()
    row = make.application(selection)
    page = call_page(index, selection)
    client.force_login(row.learner)

    assert f"/en/enrollments/{row.pk}/" in client.get(f"/en/calls/{page.slug}/").content.decode()
    client.force_login(users.user())
    assert "/en/enrollments/" not in client.get(f"/en/calls/{page.slug}/").content.decode()


def test_call_without_a_jury_has_a_page_too(client, index):
    run = make_course.run(entry="call")
    page = index.add_child(instance=CallPage(title="Plain", slug="plain", run=run, locale=index.locale))

    assert "How it is judged" not in text_of(client.get(f"/en/calls/{page.slug}/"))


def test_a_call_has_one_page_per_language(index):
    selection = make.call()
    call_page(index, selection)

    with pytest.raises(ValidationError, match="already has a page"):
        CallPage(title="Second", slug="second", run=selection.run, locale=index.locale).clean()


def test_deleting_the_page_touches_no_application(index):
    selection = make.call()
    row = make.application(selection)

    call_page(index, selection).delete()

    row.refresh_from_db()
    assert row.status == "applied"


def test_call_whose_run_is_not_published_is_in_no_list_and_in_preparation(client, index):
    page = call_page(index, make.call(run={"status": "draft"}), "Not yet")

    assert "Not yet" not in text_of(client.get(index.url))
    assert "State In preparation" in text_of(client.get(page.url))
