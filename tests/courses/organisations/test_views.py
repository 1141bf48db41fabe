from datetime import timedelta

import pytest
from django.utils import timezone

from academy import links
from academy.mail.delivery import deliver
from academy.mail.models import Message
from academy.users.models import Consent, Membership, Organisation
from courses import enrollment as enrolling
from courses.models import Enrollment
from courses.organisations import rules
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def label():
    return Organisation.objects.create(name="Vydavatelství")


@pytest.fixture
def manager(label):
    person = users.user("Manažerka", language="en")
    Membership.objects.create(organisation=label, user=person, role="manager", accepted_at=NOW)
    return person


@pytest.fixture
def place(label, manager):
    """An offer that the manager asked for."""
    return rules.enroll_group(label, make.run(), [("jana@example.org", "Jana")], by=manager).offered[0]


def home(label):
    return f"/en/organisations/{label.pk}/"


def form_of(label, run):
    return f"{home(label)}enroll/{run.code}/"


def swap_of(label, place):
    return f"{home(label)}swap/{place.pk}/"


def link_of(place):
    return f"/en/places/{links.sign('enrollment', place.pk)}/"


def typed(*people, **extra):
    data = {"people-TOTAL_FORMS": str(len(people)), "people-INITIAL_FORMS": "0", "how": "all"}
    for number, (email, name) in enumerate(people):
        data |= {f"people-{number}-email": email, f"people-{number}-name": name}
    return {**data, **extra}


def text(response):
    return response.content.decode()


def status_of(row):
    row.refresh_from_db()
    return row.status


# --- who may ---


@pytest.mark.parametrize("who", ["stranger", "member", "manager who has not agreed", "manager of another", "staff"])
def test_organisation_is_not_found_by_anybody_but_its_managers(client, label, place, who):
    person = users.staff() if who == "staff" else users.user()
    at = label if who != "manager of another" else Organisation.objects.create(name="Jiná")
    if who in ("member", "manager who has not agreed", "manager of another"):
        Membership.objects.create(
            organisation=at,
            user=person,
            role="member" if who == "member" else "manager",
            accepted_at=None if who == "manager who has not agreed" else NOW,
        )
    run = make.run()
    addresses = [home(label), form_of(label, run), swap_of(label, place)]
    assert [client.get(address).status_code for address in addresses] == [302] * 3
    client.force_login(person)

    assert [client.get(address).status_code for address in addresses] == [404] * 3
    posts = [client.post(form_of(label, run), typed(("a@example.org", "A")))]
    posts.append(client.post(swap_of(label, place), {"email": "a@example.org", "name": "A"}))
    assert [post.status_code for post in posts] == [404, 404]
    assert (Enrollment.objects.count(), status_of(place)) == (1, S.OFFERED)


def test_manager_is_offered_no_run_that_asks_for_other_courses_first(client, label, manager):
    asks, open_to_all = make.run(), make.run()
    asks.course.prerequisites.set([make.course()])
    asks.course.save()
    client.force_login(manager)

    page = text(client.get(home(label)))

    assert (form_of(label, asks) in page, form_of(label, open_to_all) in page) == (False, True)


def test_place_of_another_organisation_is_not_found(client, label, manager):
    other = Organisation.objects.create(name="Jiná")
    boss = users.user()
    Membership.objects.create(organisation=other, user=boss, role="manager", accepted_at=NOW)
    theirs = rules.enroll_group(other, make.run(), [("x@example.org", "X")], by=boss).offered[0]
    client.force_login(manager)

    assert client.get(swap_of(label, theirs)).status_code == 404
    assert client.post(swap_of(label, theirs), {"email": "a@example.org", "name": "A"}).status_code == 404
    assert "x@example.org" not in text(client.get(home(label)))
    assert status_of(theirs) == S.OFFERED


def test_manager_sees_the_state_and_never_attendance_answers_or_results(client, label, manager):
    run = make.run(starts_in=timedelta(days=-3))
    member = users.user("Jana Nová")
    Membership.objects.create(organisation=label, user=member, accepted_at=NOW)
    row = make.enrollment(of=run, learner=member, confirmed_at=NOW - timedelta(days=9))
    make.attendance(of=row, session=run.sessions.get(), status="absent", note="Was ill.")
    client.force_login(manager)

    page = text(client.get(home(label)))

    assert "Jana Nová" in page
    assert "Enrollment confirmed" in page
    assert not any(word in page for word in ("Was ill.", "Absent", "Attended"))
    assert client.get(f"/en/enrollments/{row.pk}/").status_code == 404


@pytest.mark.parametrize("people", [1, 30])
def test_page_takes_the_same_queries_for_any_number_of_people(
    client, label, manager, people, django_assert_num_queries
):
    rules.enroll_group(label, make.run(capacity=50), [(f"p{n}@example.org", "P") for n in range(people)], by=manager)
    for _number in range(people):
        Membership.objects.create(organisation=label, user=users.user(), accepted_at=NOW)
    client.force_login(manager)
    client.get(home(label))

    with django_assert_num_queries(7):
        client.get(home(label))


# --- one form for several people ---


def test_manager_enrolls_several_people_in_one_form(client, label, manager):
    run = make.run()
    client.force_login(manager)
    assert client.get(form_of(label, run)).status_code == 200
    assert not Enrollment.objects.exists()

    answer = client.post(
        form_of(label, run), typed(("a@example.org", "A"), ("b@example.org", "B"), ("", "")), follow=True
    )

    assert "2 people were sent an offer" in text(answer)
    assert text(answer).count("Not accepted yet") == 2
    assert run.enrollments.filter(organisation=label, status=S.OFFERED).count() == 2


def test_more_rows_keep_what_was_typed_and_write_nothing(client, label, manager):
    run = make.run()
    client.force_login(manager)

    page = text(client.post(form_of(label, run), typed(("a@example.org", ""), more="1")))

    assert 'value="a@example.org"' in page
    assert 'name="people-5-email"' in page
    assert "There is a problem" not in page
    assert not Enrollment.objects.exists()


def test_too_few_seats_say_how_many_are_left_and_lose_nothing(client, label, manager):
    run = make.run(capacity=1)
    client.force_login(manager)

    page = client.post(form_of(label, run), typed(("a@example.org", "Anna"), ("b@example.org", "Bára")))

    assert page.status_code == 409
    assert "Only 1 seat is left, so nobody was enrolled." in text(page)
    assert 'value="Bára"' in text(page)
    assert not Enrollment.objects.exists()
    some = client.post(
        form_of(label, run), typed(("a@example.org", "Anna"), ("b@example.org", "Bára"), how="some"), follow=True
    )
    assert "No seat was left for: b@example.org." in text(some)


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ([("not an address", "A")], "Enter a valid email address."),
        ([("a@example.org", "")], "This field is required."),
        ([("a@example.org", "A"), ("A@example.org", "A")], "This address stands here twice."),
        ([("a@example.org", "A" * 10_000)], "at most 150"),
        ([], "Write at least one person."),
    ],
)
def test_mistakes_stand_beside_their_field(client, label, manager, people, sentence):
    run = make.run()
    client.force_login(manager)

    page = text(client.post(form_of(label, run), typed(*people)))

    assert sentence in page
    assert not Enrollment.objects.exists()


def test_tampered_form_is_no_server_error(client, label, manager):
    run = make.run()
    client.force_login(manager)

    for data in ({}, {"people-TOTAL_FORMS": "x", "more": "1"}, typed(("a@example.org", "A"), how="none")):
        assert client.post(form_of(label, run), data).status_code in (200, 409)
    assert client.get(f"{home(label)}enroll/NONE/").status_code == 404
    assert not Enrollment.objects.exists()


def test_swap_page_posts_and_says_who_was_told(client, label, manager, place):
    client.force_login(manager)
    assert client.get(swap_of(label, place)).status_code == 200
    assert status_of(place) == S.OFFERED

    answer = client.post(swap_of(label, place), {"email": "petr@example.org", "name": "Petr"}, follow=True)

    assert "The place is kept for Petr" in text(answer)
    assert (status_of(place), Enrollment.objects.get(follows=place).learner.email) == (S.CANCELLED, "petr@example.org")


# --- the named person ---


@pytest.mark.parametrize("by_link", [True, False])
def test_named_person_confirms_name_consents_and_place_themselves(client, place, by_link):
    if not by_link:
        client.force_login(place.learner)
    address = link_of(place) if by_link else f"/en/enrollments/{place.pk}/confirm/"
    page = text(client.get(address))
    assert "Vydavatelství has asked for" in page
    assert status_of(place) == S.OFFERED

    client.post(address, {"name": "Jana Nováková", "photos": "on"})

    assert status_of(place) == S.CONFIRMED
    place.learner.refresh_from_db()
    assert place.learner.name == "Jana Nováková"
    assert list(place.learner.consents.values_list("kind", flat=True)) == [Consent.Kind.PHOTOS]
    assert client.get(address).status_code == 302


def test_offer_of_an_organisation_is_not_accepted_past_that_page(client, place):
    client.force_login(place.learner)

    for address in (f"/en/enrollments/{place.pk}/accept/", f"/en/manage/{links.sign('enrollment', place.pk)}/"):
        answer = client.post(address)
        assert answer.status_code == 302
    assert status_of(place) == S.OFFERED
    assert "Look at the offer and accept it" in text(client.get("/en/my/"))
    assert "Look at the offer and accept it" in text(client.get(f"/en/enrollments/{place.pk}/"))


def test_manager_cannot_accept_for_the_named_person(client, manager, place):
    client.force_login(manager)

    assert client.post(f"/en/enrollments/{place.pk}/confirm/", {"name": "X"}).status_code == 404
    assert status_of(place) == S.OFFERED


def test_confirming_too_late_is_refused_in_a_sentence(client, place):
    Enrollment.objects.filter(pk=place.pk).update(offered_until=NOW - timedelta(minutes=1))

    page = client.post(link_of(place), {"name": "Jana"})

    assert page.status_code == 409
    assert "The time to accept this offer is over." in text(page)
    assert status_of(place) == S.OFFERED


def test_confirm_page_is_for_offers_of_organisations_only(client):
    own = enrolling.enroll(users.user(), make.run())

    assert client.get(link_of(own)).status_code == 404
    assert client.get("/en/places/1.forged/").status_code == 404


def test_mail_names_the_organisation_and_its_link_opens_the_page(client, place, mailoutbox):
    place.learner.language = "en"
    place.learner.save()
    Message.objects.filter(kind="organisation_offer").update(language="en")

    deliver(Message.objects.get(kind="organisation_offer").pk)

    (mail,) = mailoutbox
    assert "Vydavatelství has asked for a place for you" in mail.body
    address = next(line for line in mail.body.split() if "/places/" in line)
    assert client.get(address.partition("//")[2].partition("/")[2].join(["/", ""])).status_code == 200


def test_nobody_is_told_of_an_offer_that_was_taken_back(place, manager, mailoutbox):
    rules.swap(place, email="petr@example.org", name="Petr", by=manager)

    deliver(Message.objects.get(kind="organisation_offer", recipient=place.learner).pk)
    assert mailoutbox == []
    deliver(Message.objects.get(kind="organisation_swapped_out").pk)
    assert [mail.to for mail in mailoutbox] == [["jana@example.org"]]
