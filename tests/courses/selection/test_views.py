"""The juror's pages: what they show, to whom, and what stays hidden."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone, translation

from courses import standing
from courses.models import Answer, Conflict, Review
from courses.questions import files
from courses.selection import decisions, jury
from tests.factories import questions as ask
from tests.factories import selection as make
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def page(row):
    return reverse("courses:jury_application", args=[row.run.code, row.pk])


def listing(selection):
    return reverse("courses:jury_call", args=[selection.run.code])


def text(response):
    return response.content.decode()


def filled(selection, *values, **more):
    fields = {f"score_{one.pk}": value for one, value in zip(selection.criteria.all(), values, strict=True)}
    return {**fields, "comment": "", **more}


@pytest.fixture
def call():
    return make.call()


@pytest.fixture
def judge(call, client):
    """A juror of the call, signed in."""
    made = make.juror(call, user=users.user("Porotkyně", language="en"))
    client.force_login(made.user)
    return made


# --- who ------------------------------------------------------------------------


def test_jury_pages_ask_visitors_to_log_in(client, call):
    row = make.application(call)

    for address in (reverse("courses:jury"), listing(call), page(row)):
        assert client.get(address).url.startswith("/en/accounts/login/")


def test_jury_pages_are_not_there_for_others(client, call):
    row = make.application(call)
    make.juror(call)
    client.force_login(row.learner)

    for address in (reverse("courses:jury"), listing(call), page(row)):
        assert client.get(address).status_code == 404


def test_juror_of_one_call_finds_nothing_of_another(client, call, judge):
    other = make.call()
    make.juror(other)
    foreign = make.application(other)

    assert [seat.selection for seat in client.get(reverse("courses:jury")).context["seats"]] == [call]
    assert client.get(listing(other)).status_code == 404
    assert client.get(page(foreign)).status_code == 404
    assert client.get(reverse("courses:jury_application", args=[call.run.code, foreign.pk])).status_code == 404
    assert client.post(page(foreign), filled(other, 1, 1, submit="1")).status_code == 404
    assert not Review.objects.exists()


def test_juror_has_no_way_into_the_admin(client, judge):
    for address in (
        "/admin/",
        reverse("wagtailsnippets_courses_selection:list"),
        reverse("wagtailsnippets_courses_selection:inspect", args=[judge.selection_id]),
        reverse("admin_selection_decide", args=[judge.selection_id]),
    ):
        assert client.get(address).status_code in (302, 403)
        assert "login" in client.get(address).url


def test_removed_juror_finds_nothing(client, call, judge):
    jury.remove_juror(judge, by=None, reason="Ill.")

    assert client.get(listing(call)).status_code == 404


# --- what they see --------------------------------------------------------------


def test_nothing_is_shown_while_the_call_is_open(client):
    open_call = make.call(is_open=True)
    judge = make.juror(open_call)
    row = make.application(open_call)
    client.force_login(judge.user)

    assert "The call is still open" in text(client.get(listing(open_call)))
    assert client.get(page(row)).status_code == 404


def test_jury_reads_nothing_in_the_last_second_in_which_people_may_change_what_they_wrote(client):
    open_call = make.call(is_open=True)
    open_call.run.closes_at = open_call.run.closes_at.replace(microsecond=0)
    open_call.run.save()
    judge, row = make.juror(open_call), make.application(open_call)

    moments = ((timedelta(microseconds=900_000), 404, "Application sent"), (timedelta(seconds=1), 200, "Being judged"))
    for late, status, title in moments:
        assert standing.of_enrollment(row, at=open_call.run.closes_at + late).title == title
        with time_machine.travel(open_call.run.closes_at + late, tick=False):
            client.force_login(judge.user)
            assert client.get(page(row)).status_code == status


def test_list_shows_progress_and_leads_to_the_next(client, call, judge):
    first, second = make.application(call), make.application(call)
    make.application(call, checked=False)
    make.review(judge, first, 3, 3)

    response = client.get(listing(call))

    assert [entry.enrollment for entry in response.context["entries"]] == [first, second]
    assert "1 of 2 applications submitted" in text(response)
    assert response.context["next"].enrollment == second


@pytest.mark.parametrize("rows", [1, 30])
def test_list_takes_the_same_queries_for_any_number(client, call, judge, rows, django_assert_num_queries):
    for _number in range(rows):
        make.review(judge, make.application(call), 3, 3)
    client.get(listing(call))

    with django_assert_num_queries(8):
        client.get(listing(call))


@pytest.mark.parametrize("rows", [1, 30])
def test_application_takes_the_same_queries_for_any_number(client, call, judge, rows, django_assert_num_queries):
    made = [make.application(call) for _number in range(rows)]
    for row in made:
        make.review(judge, row, 3, 3)
        make.review(make.juror(call), row, 3, 3)
    client.get(page(made[0]))

    with django_assert_num_queries(10):
        client.get(page(made[0]))


def test_blind_call_hides_names_until_the_decision(client):
    call = make.call(is_blind=True)
    judge = make.juror(call)
    row = make.application(call, learner=users.user("Tajná Osoba", email="secret@example.org"))
    client.force_login(judge.user)

    def shown():
        return [
            word for word in ("Tajná", "secret@") for at in (listing(call), page(row)) if word in text(client.get(at))
        ]

    assert shown() == []
    make.review(judge, row, 3, 3)
    jury.close_scoring(call, by=None)
    assert shown() == []
    decisions.decide(call, offer_until=timezone.now() + timedelta(days=3), by=None)
    assert shown() == ["Tajná", "Tajná"]


def test_open_call_shows_names(client, call, judge):
    row = make.application(call, learner=users.user("Známá Osoba"))

    assert f"Application no. {row.pk}: Známá Osoba" in text(client.get(page(row)))


def test_scores_of_others_are_shown_after_submitting_only(client, call, judge):
    row = make.application(call)
    other = make.juror(call, user=users.user("Druhý Porotce"))
    make.review(other, row, 4, 1, comment="Strong plan.")
    make.review(judge, row, 2, 2, submit=False)

    assert "Strong plan." not in text(client.get(page(row)))
    client.post(page(row), filled(call, 3, 3, submit="1", no_conflict="on"))
    response = client.get(page(row))

    assert "Strong plan." in text(response)
    assert [user.name for user, _comment, _scores in response.context["others"]] == ["Druhý Porotce"]


def test_drafts_of_others_are_never_shown(client, call, judge):
    row = make.application(call)
    make.review(make.juror(call), row, 4, 1, submit=False, comment="Half a thought.")
    make.review(judge, row, 2, 2)

    assert "Half a thought." not in text(client.get(page(row)))


# --- what they do ---------------------------------------------------------------


def test_draft_is_saved_with_gaps_and_shown_again(client, call, judge):
    row = make.application(call)

    response = client.post(page(row), filled(call, 4, "", save="1", comment="Hm."), follow=True)

    review = Review.objects.get()
    assert (review.submitted_at, review.comment) == (None, "Hm.")
    assert list(review.scores.values_list("value", flat=True)) == [4]
    assert "Nobody else sees it." in text(response)
    assert response.context["form"]["comment"].value() == "Hm."


def test_submitting_asks_for_every_score_and_the_statement(client, call, judge):
    row = make.application(call)
    second = call.criteria.last()

    response = client.post(page(row), filled(call, 4, "", submit="1", comment="Kept."))

    assert set(response.context["form"].errors) == {f"score_{second.pk}", "no_conflict"}
    assert response.context["form"]["comment"].value() == "Kept."
    assert not Review.objects.exists()


@pytest.mark.parametrize("value", ["9", "x", "-1"])
def test_scores_off_the_scale_are_said_beside_the_field(client, call, judge, value):
    row = make.application(call)

    response = client.post(page(row), filled(call, value, 1, save="1"))

    assert set(response.context["form"].errors) == {f"score_{call.criteria.first().pk}"}


def test_a_long_scale_is_typed(client):
    call = make.call(scale_max=100)
    judge = make.juror(call)
    row = make.application(call)
    client.force_login(judge.user)

    client.post(page(row), filled(call, 88, 12, submit="1", no_conflict="on"))

    assert list(Review.objects.get().scores.order_by("pk").values_list("value", flat=True)) == [88, 12]


def test_submitting_after_scoring_was_closed_says_so_and_keeps_what_was_typed(client, call, judge):
    row = make.application(call)
    jury.close_scoring(call, by=None)

    response = client.post(page(row), filled(call, 4, 4, submit="1", no_conflict="on", comment="Late."))

    assert response.status_code == 409
    assert "Scoring is closed." in text(response)
    assert not Review.objects.exists()


def test_declaring_a_conflict_takes_the_application_away(client, call, judge):
    row = make.application(call)

    assert "conflict-reason" in client.post(page(row), {"declare": "1"}).context["conflict_form"].as_p()
    response = client.post(page(row), {"declare": "1", "conflict-reason": "My sister."}, follow=True)

    assert Conflict.objects.get().reason == "My sister."
    assert response.context["entries"] == []
    assert "My sister." in text(response)
    assert client.get(page(row)).status_code == 404


def test_looking_changes_nothing(client, call, judge):
    row = make.application(call)

    client.get(page(row), {"submit": "1", "declare": "1"})

    assert (Review.objects.count(), Conflict.objects.count()) == (0, 0)


# --- what the applicant sees ----------------------------------------------------


def test_applicant_sees_that_it_is_judged_and_later_the_outcome(client):
    call, rows = make.judged(5, 4, 1, capacity=1, reserve_places=1, results_at=timezone.now() + timedelta(days=2))
    decisions.say(rows[2], "The plan had no dates.", by=None)
    decisions.say(rows[0], "Convincing.", by=None)

    def stands(row):
        client.force_login(row.learner)
        return text(client.get(reverse("courses:enrollment", args=[row.pk])))

    for words in ("Being judged", "The results are to be announced by"):
        assert words in stands(rows[0])
    assert "Convincing." not in stands(rows[0])
    decisions.decide(call, offer_until=timezone.now() + timedelta(days=3), by=None)

    for words in ("Convincing.", "number 1 on the ranked list", "Accept the place"):
        assert words in stands(rows[0])
    for words in ("You are number 1 on the reserve list.", "number 2 on the ranked list"):
        assert words in stands(rows[1])
    for words in ("The plan had no dates.", "number 3 on the ranked list"):
        assert words in stands(rows[2])
    client.force_login(rows[1].learner)
    assert client.get(reverse("courses:enrollment", args=[rows[0].pk])).status_code == 404


# --- what applicants wrote ------------------------------------------------------


def with_answers(call, row):
    """Answers for the jury, for organisation only, and a sensitive one; returns the one with a file."""
    asked = [
        (ask.question(label="Project", on=call.run), "A tour of clubs.", None),
        (ask.question(label="Diet", on=call.run, for_organisation=True), "No nuts.", None),
        (ask.sensitive(label="Health", on=call.run, for_selection=True), "A bad knee.", None),
        (ask.question(kind="file", label="Deck", on=call.run), "x", files.keep(ask.upload("Jana Tajná.pdf"))),
    ]
    made = [
        Answer.objects.create(
            enrollment=row, question=question, label=question.label_en, language="en", version=1, value=value, file=kept
        )
        for question, value, kept in asked
    ]
    return made[-1]


def test_jury_reads_what_is_for_selection_and_nothing_else(client, call, judge):
    row = make.application(call)
    answer = with_answers(call, row)

    shown = text(client.get(page(row)))

    assert "A tour of clubs." in shown
    assert "No nuts." not in shown
    assert "A bad knee." not in shown
    download = client.get(reverse("courses:jury_file", args=[call.run.code, row.pk, answer.pk]))
    assert "Jana" in download["Content-Disposition"]
    assert b"".join(download.streaming_content) == ask.PDF


def test_blind_jury_finds_no_name_in_a_file(client):
    call = make.call(is_blind=True)
    judge, row = make.juror(call), make.application(call)
    answer = with_answers(call, row)
    client.force_login(judge.user)

    assert "Jana" not in text(client.get(page(row)))
    address = reverse("courses:jury_file", args=[call.run.code, row.pk, answer.pk])
    assert client.get(address)["Content-Disposition"] == f'attachment; filename="{row.pk}-1.pdf"'


def test_files_are_not_there_for_others_nor_in_a_conflict(client, call, judge):
    row = make.application(call)
    answer = with_answers(call, row)
    address = reverse("courses:jury_file", args=[call.run.code, row.pk, answer.pk])
    jury.declare_conflict(judge, row, reason="Sister.", by=judge.user)

    assert client.get(address).status_code == 404
    client.force_login(make.juror(make.call()).user)
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302
