import pytest
from django.utils import timezone

from academy.users import consents
from academy.users.models import Consent, Membership, Organisation
from tests.factories import users

pytestmark = pytest.mark.django_db
PROFILE = "/en/profile/"
TYPED = {"name": "  Eva\u200b Malá ", "language": "en", "time_zone": "America/New_York"}


@pytest.fixture
def eva(client):
    person = users.user("Eva", language="cs")
    client.force_login(person)
    return person


def test_profile_is_saved(client, eva):
    answer = client.post(PROFILE, TYPED, follow=True)
    eva.refresh_from_db()
    assert (eva.name, eva.language, eva.time_zone) == ("Eva Malá", "en", "America/New_York")
    assert "Your profile was saved." in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "Eva\x07", "cannot be printed (U+0007)"),
        ("name", "x" * 151, "at most 150 characters"),
        ("time_zone", "Mars/Base", "not one of the available choices"),
        ("language", "xx", "not one of the available choices"),
    ],
)
def test_profile_refuses_with_a_sentence_and_keeps_what_was_typed(client, eva, field, value, sentence):
    answer = client.post(PROFILE, {**TYPED, field: value})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    assert '<option value="America/New_York" selected>' in page or field == "time_zone"
    eva.refresh_from_db()
    assert (eva.name, eva.language) == ("Eva", "cs")


def test_profile_is_for_those_who_are_logged_in(client):
    answer = client.get(PROFILE)
    assert answer.url == f"/en/accounts/login/?next={PROFILE}"
    assert client.post("/en/profile/consents/", {"news": "on"}).status_code == 302
    assert not Consent.objects.exists()


def test_profile_changes_only_ones_own_row(client, eva):
    other = users.user("Jana")
    client.post(PROFILE, {**TYPED, "id": other.pk, "email": "hacked@example.org", "is_staff": "on"})
    other.refresh_from_db()
    eva.refresh_from_db()
    assert (other.name, eva.is_staff) == ("Jana", False)
    assert eva.email != "hacked@example.org"


def test_profile_offers_an_odd_zone_that_is_already_there(client, eva):
    eva.time_zone = "Etc/GMT+3"
    eva.save()
    assert '<option value="Etc/GMT+3" selected>' in client.get(PROFILE).content.decode()


@pytest.mark.parametrize("number", [1, 30])
def test_profile_lists_organisations_in_the_same_number_of_queries(client, eva, number, django_assert_num_queries):
    for place in range(number):
        Membership.objects.create(user=eva, organisation=Organisation.objects.create(name=f"Klub {place}"))
    client.get(PROFILE)
    with django_assert_num_queries(6):
        page = client.get(PROFILE).content.decode()
    assert page.count("invitation not accepted yet") == number


def test_profile_says_in_which_role_somebody_belongs(client, eva):
    office = Organisation.objects.create(name="Hudební kancelář")
    Membership.objects.create(user=eva, organisation=office, role=Membership.Role.MANAGER, accepted_at=timezone.now())
    page = client.get(PROFILE).content.decode()
    assert "Hudební kancelář, manager" in " ".join(page.split())
    assert "invitation not accepted yet" not in page


def test_consents_are_given_and_withdrawn(client, eva):
    client.post("/en/profile/consents/", {"news": "on", "photos": "on"})
    assert consents.live_kinds(eva) == {"news", "photos"}
    client.post("/en/profile/consents/", {"news": "on", "directory": "on"})
    assert consents.live_kinds(eva) == {"news", "directory"}
    withdrawn = eva.consents.get(kind="photos")
    assert withdrawn.withdrawn_at
    assert withdrawn.text == str(consents.WORDINGS[Consent.Kind.PHOTOS])
    assert eva.consents.count() == 3


def test_consent_given_twice_is_one_row(eva):
    assert consents.give(eva, Consent.Kind.NEWS) == consents.give(eva, Consent.Kind.NEWS)
    consents.withdraw(eva, Consent.Kind.PHOTOS)
    assert eva.consents.count() == 1


@pytest.mark.parametrize("language", ["cs", "en"])
def test_profile_is_there_in_both_languages(client, eva, language):
    page = client.get(f"/{language}/profile/")
    assert (page.status_code, page["Content-Language"]) == (200, language)
