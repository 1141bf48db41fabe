"""The admin's pages about calls: what they show, do, refuse, and to whom."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from academy.mail.models import Message
from courses.models import Enrollment, Juror, Review, Selection
from courses.selection import decisions, jury
from courses.selection.actions import ALL_ACTIONS
from tests.factories import courses as make_course
from tests.factories import selection as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NEW = "wagtailsnippets_courses_selection:add"


@pytest.fixture
def office(client):
    """A client signed in as a programme manager, reading English."""
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    return client


def page(selection):
    return reverse("wagtailsnippets_courses_selection:inspect", args=[selection.pk])


def act(office, action, instance, /, **data):
    return office.post(reverse(f"admin_{action}", args=[instance.pk]), data)


def settings_of(run, weights=(60, 40), **more):
    """What the form of a call posts."""
    data = {
        "run": run.pk,
        "scale_min": 0,
        "scale_max": 5,
        "places": "",
        "reserve_places": "",
        "results_at": "",
        "criteria-TOTAL_FORMS": len(weights),
        "criteria-INITIAL_FORMS": 0,
        "criteria-MIN_NUM_FORMS": 0,
        "criteria-MAX_NUM_FORMS": 100,
    }
    for number, weight in enumerate(weights):
        data |= {
            f"criteria-{number}-title_cs": f"Kritérium {number}",
            f"criteria-{number}-title_en": "",
            f"criteria-{number}-description_cs": "",
            f"criteria-{number}-description_en": "",
            f"criteria-{number}-weight": weight,
            f"criteria-{number}-id": "",
            f"criteria-{number}-ORDER": number + 1,
        }
    return {**data, **more}


# --- setting up -----------------------------------------------------------------


def test_call_is_made_with_criteria_that_add_up(office):
    run = make_course.run(entry="call")

    response = office.post(reverse(NEW), settings_of(run))

    selection = Selection.objects.get()
    run.refresh_from_db()
    assert response.url == page(selection)
    assert list(selection.criteria.values_list("title_cs", "weight")) == [("Kritérium 0", 60), ("Kritérium 1", 40)]
    assert run.promotion == "offer"


def test_call_refuses_weights_that_do_not_add_up(office):
    response = office.post(reverse(NEW), settings_of(make_course.run(entry="call"), weights=(60, 30)))

    assert "The weights add up to 90, not to 100." in response.content.decode()
    assert not Selection.objects.exists()


def test_criteria_and_scale_are_fixed_once_a_juror_has_scored(office):
    selection = make.call()
    make.review(make.juror(selection), make.application(selection), 1, 1, submit=False)
    first, second = selection.criteria.all()
    data = settings_of(selection.run, weights=(50, 50), scale_max=9)
    data |= {"criteria-INITIAL_FORMS": 2, "criteria-0-id": first.pk, "criteria-1-id": second.pk}

    response = office.post(reverse("wagtailsnippets_courses_selection:edit", args=[selection.pk]), data)

    assert "The jury has begun to score" in response.content.decode()
    selection.refresh_from_db()
    assert (selection.scale_max, list(selection.criteria.values_list("weight", flat=True))) == (5, [60, 40])


def test_jury_is_set_up_from_the_page_of_its_run(office):
    run = make_course.run(entry="call")
    address = reverse("admin_courserun_jury", args=[run.pk])

    assert "Set up the jury" in office.get(address).content.decode()
    office.post(address)

    assert office.get(address).url == page(Selection.objects.get(run=run))


# --- who ------------------------------------------------------------------------


def rows_for_actions():
    """A row of each model that an action of a call is about."""
    selection = make.call()
    judge, row = make.juror(selection), make.application(selection)
    review = make.review(judge, row, 1, 1)
    found = {"selection": selection, "enrollment": row, "juror": judge, "review": review, "courserun": selection.run}
    return {action: found[action.model._meta.model_name] for action in ALL_ACTIONS}


@pytest.mark.parametrize("who", ["editor", "anonymous"])
def test_actions_are_for_programme_managers_only(client, who):
    rows = rows_for_actions()
    if who == "editor":
        editor = users.user("Redakce")
        editor.groups.add(Group.objects.get(name="Editors"))
        client.force_login(editor)

    for action, row in rows.items():
        response = client.post(reverse(action.url_name(), args=[row.pk]), {})
        assert response.status_code == 302, action
        assert response.url.startswith(("/admin/login", "/admin/", "/cs/accounts/login")), action
    assert Review.objects.get().submitted_at
    assert Juror.objects.get().removed_at is None


def test_actions_open_for_programme_managers(office):
    for action, row in rows_for_actions().items():
        expected = 302 if action.slug == "jury" else 200
        assert office.get(reverse(action.url_name(), args=[row.pk])).status_code == expected, action


# --- the page -------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 30])
def test_page_takes_the_same_queries_for_any_number(office, rows, django_assert_num_queries):
    selection = make.call(capacity=None)
    judges = [make.juror(selection), make.juror(selection)]
    for _number in range(rows):
        row = make.application(selection)
        make.review(judges[0], row, 3, 3)
        jury.declare_conflict(judges[1], row, reason="Sister.", by=None)
        make.application(selection, checked=None)
        make.application(selection, checked=False)
    office.get(page(selection))

    with django_assert_num_queries(23):
        office.get(page(selection))


def test_page_shows_points_spread_gaps_and_conflicts(office):
    selection = make.call()
    judges = [make.juror(selection, user=users.user(f"Juror {number}")) for number in range(3)]
    row = make.application(selection)
    make.review(judges[0], row, 5, 5)
    jury.declare_conflict(judges[1], row, reason="Sister.", by=None)

    text = office.get(page(selection)).content.decode()

    for words in ("5.00", "Missing: Juror 2", "Conflict: Juror 1", "Sister.", "Review submitted"):
        assert words in text


# --- what staff do --------------------------------------------------------------


def test_juror_is_invited_and_removed(office):
    selection = make.call(is_open=True)

    act(office, "selection_invite_juror", selection, name="Eva Malá", email="eva@example.org", language="en")
    judge = Juror.objects.get(user__email="eva@example.org")
    act(office, "juror_remove", judge, reason="Ill.")

    judge.refresh_from_db()
    assert judge.removed_at
    assert Message.objects.filter(kind="juror_invited", to="eva@example.org").exists()


def test_applications_are_checked_one_by_one_and_the_rest(office):
    selection = make.call()
    refused, other = make.application(selection, checked=None), make.application(selection, checked=None)

    response = act(office, "enrollment_formal_check", refused, is_eligible="not_met")
    assert "Write the reason." in response.content.decode()
    act(office, "enrollment_formal_check", refused, is_eligible="not_met", reason="Sent twice.")
    act(office, "selection_check_the_rest", selection)

    refused.refresh_from_db()
    assert (refused.formal_check.is_eligible, other.formal_check.is_eligible) == (False, True)


def test_scoring_is_closed_and_opened_again(office):
    selection = make.call()

    act(office, "selection_close_scoring", selection)
    selection.refresh_from_db()
    assert selection.scoring_closed_at
    act(office, "selection_reopen_scoring", selection, reason="A juror was ill.")

    selection.refresh_from_db()
    assert selection.scoring_closed_at is None


def test_review_is_given_back(office):
    selection = make.call()
    review = make.review(make.juror(selection), make.application(selection), 1, 1)

    act(office, "review_reopen", review, reason="Wrong person.")

    review.refresh_from_db()
    assert review.submitted_at is None


def test_rank_is_changed_and_put_back(office):
    _selection, rows = make.judged(5, 4)

    act(office, "enrollment_move_in_ranking", rows[1], rank=1, reason="East.")
    assert rows[1].verdict.moved_to == 1
    act(office, "enrollment_undo_move", rows[1])

    rows[1].verdict.refresh_from_db()
    assert rows[1].verdict.moved_to is None


def test_sentences_are_written_for_all_at_once(office):
    selection, rows = make.judged(5, 4)

    act(office, "selection_sentences", selection, **{f"row_{rows[0].pk}": "Convincing.", "for_the_rest": "Too early."})

    assert [row.verdict.feedback for row in rows] == ["Convincing.", "Too early."]


def decision(**more):
    until = timezone.localtime(timezone.now() + timedelta(days=5))
    return {"places": 1, "reserve_places": 1, "offer_until": f"{until:%Y-%m-%d %H:%M}", **more}


def test_decisions_show_every_mail_before_they_are_sent(office):
    selection, rows = make.judged(5, 4, 3, capacity=1)
    for row in rows:
        decisions.say(row, "A sentence for you.", by=None)

    shown = act(office, "selection_decide", selection, **decision())
    letters = shown.context["letters"]
    assert [one.enrollment for one, _letter in letters] == rows
    assert all(
        "A sentence for you." in letter.text and letter.text in shown.content.decode().replace("&quot;", '"')
        for _one, letter in letters
    )
    assert not Message.objects.filter(kind__startswith="selection").exists()

    act(office, "selection_decide", selection, **decision(confirmed="1", seen=shown.context["seen"]))

    statuses = Enrollment.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == [S.OFFERED, S.WAITING, S.DECLINED]
    selection.refresh_from_db()
    assert selection.decided_by.name == "Kancelář"


def test_decisions_that_nobody_has_seen_are_not_sent(office):
    selection, rows = make.judged(5, 4, capacity=1)
    shown = act(office, "selection_decide", selection, **decision())
    decisions.move_to(rows[1], 1, reason="East.", by=None)

    response = act(office, "selection_decide", selection, **decision(confirmed="1", seen=shown.context["seen"]))

    assert "Something has changed since you looked" in response.content.decode()
    assert not Message.objects.filter(kind__startswith="selection").exists()


def test_decisions_say_what_is_missing_and_keep_what_was_typed(office):
    selection, rows = make.judged(5, 4, 3, capacity=1)

    response = act(office, "selection_decide", selection, **decision(tie_reason="Kept."))

    assert f"no. {rows[2].pk}: nobody is declined" in response.content.decode()
    assert response.context["form"]["tie_reason"].value() == "Kept."


def test_decided_call_has_no_buttons_left(office):
    selection, _rows = make.judged(5)
    decisions.decide(selection, offer_until=timezone.now() + timedelta(days=5), by=None)

    response = office.get(page(selection))

    assert [str(button.label) for button in response.context["buttons"]] == []
