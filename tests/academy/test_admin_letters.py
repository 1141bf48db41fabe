"""The office's page of each letter: list, own words, trying out on real data, putting back."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from academy.mail.models import LetterText, Message
from academy.mail.texts import change_text, words_of
from courses.models import Enrollment
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db

NAME = "courses/mail/confirmed"
URL = "/admin/letters/courses/mail/confirmed/en/"
WORDS = {"subject": "", "opening": "", "closing": ""}


@pytest.fixture
def office(client):
    manager = users.user("Kancelář", language="en")
    manager.groups.add(Group.objects.get(name="Programme managers"))
    client.force_login(manager)
    client.manager = manager
    return client


def test_list_names_every_letter_and_marks_own_words(office):
    change_text(NAME, "en", {"subject": "Yes"}, by=office.manager)

    page = office.get(reverse("letters")).content.decode()

    assert "<td>Enrollment confirmed</td>" in page
    assert "<td>Certificate revoked</td>" in page
    assert page.count(">own words<") == 1


def test_words_are_kept_and_shown_in_the_history(office):
    response = office.post(URL, WORDS | {"opening": "Welcome to {title}.", "save": "1"}, follow=True)

    assert words_of(NAME, "en")["opening"] == "Welcome to {title}."
    page = response.content.decode()
    assert "Messages sent from now on use them." in page
    assert str(office.manager) in page


def test_unknown_placeholder_is_named_beside_its_field_and_nothing_is_lost(office):
    page = office.post(URL, WORDS | {"opening": "Welcome, {nmae}.", "save": "1"}).content.decode()

    assert "“nmae” is no placeholder of this letter." in page
    assert "Welcome, {nmae}." in page
    assert not LetterText.objects.exists()


def test_preview_shows_both_languages_on_real_data_without_keeping_anything(office):
    learner = users.user("Ema Nováková")
    make.enrollment(of=make.run(), learner=learner, status=Enrollment.Status.CONFIRMED)

    page = office.post(URL, WORDS | {"opening": "Nice: {title}!", "preview": "1"}).content.decode()

    assert page.count('srcdoc="&lt;!doctype html&gt;') == 2
    assert "Nice: Booking: route, offer, deal!" in page
    assert "Hello Ema Nováková," in page
    assert "Dobrý den" in page
    assert not LetterText.objects.exists()
    assert not Message.objects.exists()


def test_preview_shows_nobody_the_link_that_acts_for_the_person(office):
    enrollment = make.enrollment(of=make.run(), learner=users.user())
    from academy import links  # noqa: PLC0415

    page = office.get(URL).content.decode()

    assert "<iframe" in page
    assert links.sign("enrollment", enrollment.pk) not in page


def test_letter_with_nothing_to_speak_of_says_so(office):
    assert "There is no message or enrollment" in office.get(URL).content.decode()


def test_reset_puts_the_shipped_words_back_even_when_the_form_is_wrong(office):
    change_text(NAME, "en", {"subject": "Yes"}, by=office.manager)

    office.post(URL, WORDS | {"opening": "{oops}", "reset": "1"})

    assert words_of(NAME, "en") == WORDS


def test_get_changes_nothing_and_unknown_letters_are_not_found(office):
    assert office.get(URL).status_code == 200
    assert office.get("/admin/letters/mail/base/en/").status_code == 404
    assert office.get(URL.replace("/en/", "/xx/")).status_code == 404
    assert not LetterText.objects.exists()


def test_editors_and_strangers_cannot_change_letters(client):
    assert client.post(URL, WORDS | {"subject": "No", "save": "1"}).url.startswith("/cs/accounts/login/")
    editor = users.user()
    editor.groups.add(Group.objects.get(name="Editors"))
    client.force_login(editor)

    client.post(URL, WORDS | {"subject": "No", "save": "1"})

    assert client.get(reverse("letters")).status_code == 302
    assert not LetterText.objects.exists()


@pytest.mark.parametrize("rows", [1, 30])
def test_list_takes_the_same_queries_for_any_number_of_changes(office, rows, django_assert_num_queries):
    for number in range(rows):
        change_text(NAME, "en", {"subject": f"No {number}"}, by=office.manager)
    office.get(reverse("letters"))

    with django_assert_num_queries(10):
        office.get(reverse("letters"))
