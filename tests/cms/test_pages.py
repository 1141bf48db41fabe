import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override
from wagtail.models import PageViewRestriction

from cms.models import ArticleIndexPage, ArticlePage, CurriculumPage, HomePage, MentorIndexPage
from cms.routing import find_page
from courses.models import Curriculum, CurriculumStep, Enrollment, Funder, LearningOutcome, Segment
from tests.factories import courses as make
from tests.factories import mentoring, users
from tests.factories.cms import catalogue, course_page, home_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    """The Czech root that every request goes through, and an English home."""
    home_page("cs")
    return home_page("en")


def text_of(response):
    """What the page says, without its tags (str)."""
    body = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(body))


def english_course(**extra):
    course = make.course(public=False, **extra)
    page = course_page(course, language="en")
    return course, f"/en/kurzy/{page.slug}/"


def test_home_shows_the_next_dates_and_the_paths(client, site):
    course, _address = english_course()
    make.run(of=course)
    english_course(title_en="Undated")
    curriculum = Curriculum.objects.create(slug="path", title_cs="Dráha", title_en="Manager path")
    site.add_child(instance=CurriculumPage(title="P", slug="path", curriculum=curriculum, locale=site.locale))

    response = client.get("/en/")

    assert [row["title"] for row in response.context["courses"]] == ["Booking: route, offer, deal"]
    assert [(path["title"], path["url"]) for path in response.context["paths"]] == [("Manager path", "/en/path/")]
    assert response.context["catalogue_url"] == "/en/kurzy/"


def test_home_without_courses_says_so(client, site):
    assert "New dates are being prepared." in text_of(client.get("/en/"))


def test_catalogue_remembers_the_choice_in_its_form(client, site):
    english_course(mode="online")

    response = client.get("/en/kurzy/?mode=online&q=booking")

    assert response.context["form"]["mode"].value() == "online"
    assert "1 course · Show all" in text_of(response)
    assert client.get("/en/kurzy/?mode=online&q=nothing").context["courses"] == []


def test_catalogue_survives_values_nobody_offered(client, site):
    english_course()

    assert client.get("/en/kurzy/?segment=%00x&town=%F0%9F%8E%B5&free=2&level=%22%3E").status_code == 200


def test_a_page_deep_in_the_tree_is_found_and_what_is_not_live_is_not(client, site):
    _course, address = english_course()
    hidden = course_page(make.course(public=False), language="en", live=False)

    assert client.get(address).status_code == 200
    assert client.get(f"{address}more/").status_code == 404
    assert client.get(f"/en/kurzy/{hidden.slug}/").status_code == 404
    assert client.get("/en/nothing/").status_code == 404


def test_pages_are_found_as_wagtail_finds_them(rf, site):
    page = catalogue("en")

    with override("en"):
        assert find_page(rf.get("/"), "kurzy/").page == page
        assert HomePage.objects.get(pk=site.pk).route(rf.get("/"), ["kurzy"]).page == page
        assert find_page(rf.get("/"), "kurzy/nothing/") is None
        assert find_page(rf.get("/"), "").page == site


def test_a_restricted_page_asks_for_its_password(client, site):
    _course, address = english_course()
    PageViewRestriction.objects.create(page=catalogue("en"), restriction_type="password", password="x")

    assert "20 places free" not in text_of(client.get(address))
    assert b'name="password"' in client.get(address).content


def test_course_page_says_the_facts_of_its_run_first(client, site):
    course, address = english_course(certificate_kind="completion", min_attendance_percent=75)
    LearningOutcome.objects.create(course=course, text_cs="Umíte", text_en="You can route a tour")
    run = make.run(of=course, sessions=0, price=900, capacity=12, trainers=[users.profile("Hedvika")])
    run.funders.set(
        [Funder.objects.create(slug="f", kind="company", name_cs="Fond", acknowledgement_en="Thanks, fund.")]
    )
    run.save()
    make.session(of=run, venue=make.venue(city="Brno"), title_en="Route", time_zone="Europe/Tallinn")

    text = text_of(client.get(address))

    facts = ["Brno", "12 places free", "CZK 900", "In Czech", "Certificate of completion", "Enroll"]
    assert [text.index(fact) for fact in facts] == sorted(text.index(fact) for fact in facts)
    for later in ["You can route a tour", "Route", "Tallinn time", "at least 75", "Hedvika", "Thanks, fund."]:
        assert later in text


@pytest.mark.parametrize(
    ("run_facts", "seated", "words", "button"),
    [
        ({}, 0, "20 places free", "Enroll"),
        ({"capacity": 1}, 1, "Full, nobody is waiting yet", "Join the waiting list"),
        ({"entry": "approval"}, 0, "The office confirms places", "Apply"),
        ({"opens_at": timezone.now() + timedelta(days=1)}, 0, "Enrollment opens", ""),
        ({"closes_at": timezone.now() - timedelta(days=1)}, 0, "Enrollment is over", ""),
        ({"entry": "invitation"}, 0, "By invitation", "Enroll with a code"),
        ({"starts_in": timedelta(hours=-1)}, 0, "Under way", ""),
        ({"starts_in": timedelta(days=-9)}, 0, "Finished", ""),
        ({"status": "cancelled", "cancelled_at": timezone.now()}, 0, "Cancelled", ""),
    ],
)
def test_course_page_says_the_state_of_a_run(client, site, run_facts, seated, words, button):
    course, address = english_course()
    run = make.run(of=course, **run_facts)
    for _seat in range(seated):
        make.enrollment(of=run)

    response = client.get(address)

    assert words in text_of(response)
    assert (f"/en/runs/{run.code}/enroll/" in response.content.decode()) == bool(button)
    assert button in text_of(response)


def test_course_page_lists_other_runs_but_no_drafts(client, site):
    course, address = english_course()
    first, second = make.run(of=course), make.run(of=course, starts_in=timedelta(days=30))
    make.run(of=course, status="draft")

    response = client.get(address)

    assert response.context["run"]["code"] == first.code
    assert [run["code"] for run in response.context["other_runs"]] == [second.code]


def test_course_page_tells_a_learner_what_they_have(client, site):
    course, address = english_course()
    run = make.run(of=course)
    mine = make.enrollment(of=run)
    client.force_login(mine.learner)

    response = client.get(address)

    assert f"/en/enrollments/{mine.pk}/" in response.content.decode()
    assert f"/en/runs/{run.code}/enroll/" not in response.content.decode()

    Enrollment.objects.filter(pk=mine.pk).update(status="cancelled")
    assert f"/en/runs/{run.code}/enroll/" in client.get(address).content.decode()


def test_course_page_carries_data_that_cannot_end_its_script(client, site):
    course, address = english_course(summary_en="</script><script>alert(1)</script>")
    make.run(of=course)

    body = client.get(address).content.decode()

    assert "<script>alert" not in body
    assert '"@type": "CourseInstance"' in body


@pytest.mark.parametrize("count", [1, 30])
def test_course_page_costs_the_same_queries_for_any_number(client, site, count, django_assert_max_num_queries):
    course, address = english_course()
    teacher = users.profile()
    for number in range(count):
        LearningOutcome.objects.create(course=course, text_cs=f"{number}")
        run = make.run(of=course, sessions=2, trainers=[teacher])
        make.enrollment(of=run)
    client.get(address)

    with django_assert_max_num_queries(20) as queries:
        client.get(address)
    assert len(queries) == 10


@pytest.mark.parametrize("count", [1, 30])
def test_catalogue_costs_the_same_queries_for_any_number(client, site, count, django_assert_num_queries):
    for _number in range(count):
        make.run(of=english_course()[0])
    client.get("/en/kurzy/")

    with django_assert_num_queries(10):
        client.get("/en/kurzy/")


def test_path_shows_its_steps_with_their_next_run(client, site):
    curriculum = Curriculum.objects.create(slug="path", title_cs="Dráha", title_en="Path")
    required, _address = english_course()
    hidden = make.course(public=False, title_en="Not public yet")
    run = make.run(of=required)
    CurriculumStep.objects.create(curriculum=curriculum, course=required)
    CurriculumStep.objects.create(curriculum=curriculum, course=hidden, is_required=False)
    site.add_child(instance=CurriculumPage(title="P", slug="path", curriculum=curriculum, locale=site.locale))

    response = client.get("/en/path/")

    assert [step["public"]["run"]["code"] for step in response.context["required"]] == [run.code]
    assert [(step["title"], step["public"]) for step in response.context["optional"]] == [("Not public yet", None)]
    assert "Not public yet" in text_of(response)


@pytest.fixture
def mentors_page(site):
    return site.add_child(instance=MentorIndexPage(title="Mentors", slug="mentors", locale=site.locale))


def test_mentors_are_listed_with_their_next_free_slot(client, mentors_page):
    busy, free, hidden = mentoring.mentor(), mentoring.mentor(), mentoring.mentor(is_public=False)
    mentoring.slot(of=hidden)
    later = mentoring.slot(of=free, starts_in=timedelta(days=9))
    sooner = mentoring.slot(of=free, starts_in=timedelta(days=2))
    mentoring.slot(of=free, starts_in=timedelta(days=1), status="cancelled")

    rows = client.get("/en/mentors/").context["mentors"]

    assert [(row["id"], row["next"] and row["next"]["id"]) for row in rows] == [(free.pk, sooner.pk), (busy.pk, None)]
    assert later.pk != sooner.pk


def test_mentors_narrow_by_language_and_mode(client, mentors_page):
    both = mentoring.mentor(mode="hybrid")
    both.profile.languages = "cs, en"
    both.profile.save()
    mentoring.mentor(mode="onsite")

    def found(query):
        return [row["id"] for row in client.get(f"/en/mentors/?{query}").context["mentors"]]

    assert found("language=en") == [both.pk]
    assert found("mode=online") == [both.pk]
    assert found("segment=nothing") == []


def test_mentor_has_an_address_of_their_own(client, mentors_page):
    mentor = mentoring.mentor()
    slot = mentoring.slot(of=mentor)
    hidden = mentoring.mentor(is_public=False)

    response = client.get(f"/en/mentors/{mentor.profile.slug}/")

    assert mentor.profile.name in text_of(response)
    assert f"/en/coaching/slots/{slot.pk}/book/" in response.content.decode()
    assert client.get(f"/en/mentors/{hidden.profile.slug}/").status_code == 404
    assert client.get("/en/mentors/nobody/").status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_mentors_cost_the_same_queries_for_any_number(client, mentors_page, count, django_assert_num_queries):
    for _number in range(count):
        mentoring.slot(of=mentoring.mentor())
    client.get("/en/mentors/")

    with django_assert_num_queries(8):
        client.get("/en/mentors/")


@pytest.fixture
def articles_page(site):
    return site.add_child(instance=ArticleIndexPage(title="News", slug="news", locale=site.locale))


def article(parent, title, *, days_ago, **extra):
    day = timezone.localdate() - timedelta(days=days_ago)
    page = ArticlePage(title=title, slug=f"a{days_ago}", published_on=day, locale=parent.locale, **extra)
    return parent.add_child(instance=page)


def test_articles_are_listed_newest_first_and_at_home(client, articles_page):
    article(articles_page, "Older", days_ago=9, kind="good_practice")
    article(articles_page, "Newer", days_ago=1)
    article(articles_page, "Draft", days_ago=0, live=False)

    listed = client.get("/en/news/").context["articles"]

    assert [(row["title"], row["url"], row["kind_words"]) for row in listed] == [
        ("Newer", "/en/news/a1/", "Article"),
        ("Older", "/en/news/a9/", "Good practice"),
    ]
    assert [row["title"] for row in client.get("/en/").context["articles"]] == ["Newer", "Older"]


def test_article_says_its_date_and_subjects(client, articles_page):
    page = article(articles_page, "Three numbers", days_ago=1, body=[("text", "<p>One mistake.</p>")])
    page.segments.set([Segment.objects.create(slug="export", name_cs="Vývoz", name_en="Export")])
    page.save()

    text = text_of(client.get("/en/news/a1/"))

    assert "Article · Export Three numbers" in text
    assert "One mistake." in text


@pytest.mark.parametrize("page", ["999", "x", "-1"])
def test_articles_survive_a_page_that_is_not_there(client, articles_page, page):
    article(articles_page, "Only", days_ago=1)

    assert [row["title"] for row in client.get(f"/en/news/?page={page}").context["articles"]] == ["Only"]


@pytest.mark.parametrize("count", [1, 30])
def test_articles_cost_the_same_queries_for_any_number(client, articles_page, count, django_assert_num_queries):
    for number in range(count):
        article(articles_page, f"Article {number}", days_ago=number)
    client.get("/en/news/")

    with django_assert_num_queries(5):
        client.get("/en/news/")


def test_both_languages_of_a_course_share_one_count_of_seats(client, site):
    course, english = english_course()
    czech = f"/cs/kurzy/{course_page(course, language='cs').slug}/"
    run = make.run(of=course, capacity=2)
    make.enrollment(of=run)

    assert "1 place free" in text_of(client.get(english))
    assert "1 volné místo" in text_of(client.get(czech))

    make.enrollment(of=run)

    assert "Full, nobody is waiting yet" in text_of(client.get(english))
    assert "Obsazeno, zatím nikdo nečeká" in text_of(client.get(czech))
