import pytest
from django.urls import reverse

from certificates import issue as rules
from certificates import rendering
from certificates.models import Certificate
from tests.factories import certificates as make
from tests.factories import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate():
    holder = users.user("Alžběta Koníčková", email="alzbeta@secret.example")
    return rendering.render(make.certificate(holder=holder).pk)


def page(client, certificate):
    return client.get(certificate.get_absolute_url())


def test_valid_certificate_shows_its_facts_in_both_languages(client, certificate):
    response = page(client, certificate)

    assert response.status_code == 200
    text = response.content.decode()
    for fact in (
        "Alžběta Koníčková",
        certificate.serial,
        "Booking: trasa, nabídka, dohoda",
        "Booking: route, offer, deal",
        "Osvědčení o absolvování",
        "Certificate of completion",
        "Valid certificate",
        "2 hodin",
        "2 hours",
    ):
        assert fact in text
    assert text.count('class="panel panel--ok"') == 2


def test_page_is_private_and_sets_no_cookie(client, certificate):
    """Case 36: no cookie, not to be found by search engines, nothing that is not printed."""
    response = page(client, certificate)

    assert response.cookies.items() == set()
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    text = response.content.decode()
    assert "alzbeta@secret.example" not in text
    assert "unsafe-inline" not in response["Content-Security-Policy"]


def test_page_takes_two_queries(client, certificate, django_assert_num_queries):
    with django_assert_num_queries(2):
        page(client, certificate)
    client.force_login(certificate.holder)
    with django_assert_num_queries(2):  # whoever is logged in is not asked for
        page(client, certificate)


def test_revoked_certificate_says_so_without_the_reason(client, certificate):
    """Case 5: page and file agree at once; the reason's free text is not shown."""
    rules.revoke(certificate, by=users.staff(), reason="A sad story about somebody")

    response = page(client, certificate)

    text = response.content.decode()
    assert response.status_code == 200
    assert "Revoked certificate" in text
    assert "A sad story" not in text
    assert "certificate.pdf" not in text
    assert "Alžběta Koníčková" in text


def test_replaced_certificate_links_to_its_successor(client, certificate):
    """Case 2."""
    new = rules.reissue(certificate, by=users.staff(), reason="New name")

    text = page(client, certificate).content.decode()

    assert "Replaced certificate" in text
    assert f'href="{new.get_absolute_url()}"' in text
    assert f"{certificate.serial}" in page(client, new).content.decode()


def test_certificate_being_prepared_has_no_file_yet(client):
    certificate = make.certificate()

    response = page(client, certificate)

    assert "Certificate being prepared" in response.content.decode()
    assert client.get(reverse("certificates:pdf", args=[certificate.token])).status_code == 302


@pytest.mark.parametrize("token", ["7M3K9QXW2ZB4D8TA", "nothing", "..", "%00", "a" * 3000, "č", "<script>"])
def test_unknown_and_malformed_tokens_get_the_same_page(client, token):
    """Case 34."""
    response = client.get(f"/c/{token}/")

    assert response.status_code == 404
    text = response.content.decode()
    assert "No certificate was issued under this address." in text
    assert "<script>" not in text


def test_token_is_read_as_people_type_it(client, certificate):
    shape = certificate.token.lower().replace("0", "o").replace("1", "l")

    assert client.get(f"/c/{shape}/").status_code == 200


def test_file_is_the_one_that_was_issued(client, certificate):
    response = client.get(reverse("certificates:pdf", args=[certificate.token]))

    content = b"".join(response.streaming_content)
    assert rendering.hashlib.sha256(content).hexdigest() == certificate.files.get().sha256
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{certificate.serial}.pdf"'
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_file_of_a_revoked_certificate_leads_to_the_page(client, certificate):
    rules.revoke(certificate, by=users.staff(), reason="Mistake")

    response = client.get(reverse("certificates:pdf", args=[certificate.token]))

    assert (response.status_code, response["Location"]) == (302, certificate.get_absolute_url())


def test_lost_file_is_said_to_be_lost(client, certificate):
    certificate.files.get().file.storage.delete(certificate.files.get().file.name)

    assert client.get(reverse("certificates:pdf", args=[certificate.token])).status_code == 404


def test_thirty_misses_a_minute_are_throttled(client, certificate):
    """Case 34: even a right token waits then."""
    for _try in range(30):
        assert client.get("/c/7M3K9QXW2ZB4D8TA/").status_code == 404

    assert page(client, certificate).status_code == 429
    assert page(client, certificate)["X-Robots-Tag"] == "noindex, nofollow"


def test_hits_are_not_throttled(client, certificate):
    assert {page(client, certificate).status_code for _try in range(40)} == {200}


LOOKUP = "/c/"


def test_lookup_form_sets_no_cookie(client):
    response = client.get(LOOKUP)

    assert response.status_code == 200
    assert response.cookies.items() == set()


@pytest.mark.parametrize("fact", ["Koníčková", "konickova", "Alžběta Koníčková", "DATE", "CZECH DATE"])
def test_lookup_by_number_and_second_fact(client, certificate, fact):
    fact = {
        "DATE": certificate.issued_on.isoformat(),
        "CZECH DATE": f"{certificate.issued_on.day}. {certificate.issued_on.month}. {certificate.issued_on.year}",
    }.get(fact, fact)

    response = client.post(LOOKUP, {"serial": certificate.serial.lower(), "fact": fact})

    text = response.content.decode()
    assert "Valid certificate" in text
    assert certificate.token not in text


@pytest.mark.parametrize("fact", ["Alžběta", "Nováková", "1999-01-01", "31. 2. 2026", "á", "1"])
def test_lookup_with_a_wrong_fact_discloses_nothing(client, certificate, fact):
    """Case 35: a number that exists cannot be told from one that does not."""
    other = rules.issue(make.completed()).serial
    never = "AC-2026-999999-" + rules.serials.check_character("AC-2026-999999")

    answers = {
        serial: client.post(LOOKUP, {"serial": serial, "fact": fact})
        for serial in (certificate.serial, never, "QQQQ-9")
    }

    assert {response.status_code for response in answers.values()} == {404}
    assert len({response.content.decode().replace(serial, "") for serial, response in answers.items()}) == 1
    assert other not in answers[never].content.decode()


def test_lookup_without_second_fact_asks_for_it(client, certificate):
    response = client.post(LOOKUP, {"serial": certificate.serial}, headers={"accept-language": "en"})

    assert "Fill in the surname or the date of issue." in response.content.decode()
    assert certificate.holder_name not in response.content.decode()


def test_lookup_guesses_are_throttled(client, certificate):
    for _try in range(30):
        client.post(LOOKUP, {"serial": certificate.serial, "fact": "wrong"})

    assert client.post(LOOKUP, {"serial": certificate.serial, "fact": "Koníčková"}).status_code == 429


def test_holder_sees_their_own_certificates_in_two_queries(certificate, django_assert_num_queries):
    holder = certificate.holder
    make.certificate()
    for _more in range(29):
        make.certificate(holder=holder)
    rules.reissue(certificate, by=users.staff(), reason="New name")

    with django_assert_num_queries(2):
        mine = list(Certificate.objects.for_holder(holder))
        assert [(row.title, getattr(row, "replaced_by", None), list(row.files.all())) for row in mine]

    assert len(mine) == 31
    assert {row.holder for row in mine} == {holder}
