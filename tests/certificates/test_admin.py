import io
import zipfile

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from certificates import duties, rendering
from certificates import issue as rules
from certificates.models import Certificate
from tests.factories import certificates as make
from tests.factories import users

pytestmark = pytest.mark.django_db
INDEX = reverse("certificate_register:index")


@pytest.fixture
def office(client):
    """A client logged in as somebody who may do everything."""
    client.force_login(users.staff(language="en"))
    return client


def action(name, row):
    return reverse(f"admin_{row._meta.model_name}_{name}", args=[row.pk])


def test_list_is_searched_by_number_and_name(office):
    jana = make.certificate(holder=users.user("Jana Nováková"))
    karel = make.certificate(holder=users.user("Karel Dvořák"))

    for query, found, other in ((jana.serial, jana, karel), ("Dvořák", karel, jana)):
        text = office.get(INDEX, {"q": query}).content.decode()
        assert found.serial in text
        assert other.serial not in text


def test_list_takes_the_same_queries_for_one_and_thirty(office, django_assert_num_queries):
    make.certificate()
    office.get(INDEX)
    with django_assert_num_queries(9):
        office.get(INDEX)
    for _more in range(29):
        make.certificate()
    with django_assert_num_queries(9):
        office.get(INDEX)


def test_register_is_exported_as_a_spreadsheet(office):
    certificate = make.certificate(holder=users.user("=Jana"))

    content = b"".join(office.get(INDEX, {"export": "xlsx"}).streaming_content)

    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
    assert rows[1][:3] == (certificate.serial, "=Jana", "Booking: trasa, nabídka, dohoda")


def test_nobody_edits_a_certificate_in_a_form(office):
    certificate = make.certificate()
    for path in (f"{INDEX}new/", f"{INDEX}edit/{certificate.pk}/", f"{INDEX}delete/{certificate.pk}/"):
        assert office.get(path).status_code in (302, 403, 404)


def test_inspect_shows_what_happened(office):
    certificate = rules.revoke(make.certificate(), by=users.staff(), reason="Wrong person")

    text = office.get(reverse("certificate_register:inspect", args=[certificate.pk])).content.decode()

    assert "Wrong person" in text
    assert certificate.get_absolute_url() in text


def test_revoke_asks_why(office):
    certificate = make.certificate()

    refused = office.post(action("revoke", certificate), {"reason": ""})
    assert refused.status_code == 200
    done = office.post(action("revoke", certificate), {"reason": "Wrong person"})

    certificate.refresh_from_db()
    assert done.status_code == 302
    assert (certificate.status, certificate.revocation_reason) == (Certificate.Status.REVOKED, "Wrong person")


def test_reissue_shows_a_refusal_in_a_sentence(office):
    certificate = make.certificate()
    certificate.holder.name = "😀"
    certificate.holder.save()

    text = office.post(action("reissue", certificate), {"reason": "New name"}).content.decode()

    assert "U+1F600" in text
    assert Certificate.objects.count() == 1


def test_reissue_makes_a_new_version(office):
    certificate = make.certificate()

    office.post(action("reissue", certificate), {"reason": "New name"})

    assert certificate.replaced_by.version == 2


def test_looking_changes_nothing(office):
    certificate = make.certificate()

    for name in ("revoke", "reissue", "keep", "retry"):
        assert office.get(action(name, certificate)).status_code == 200

    certificate.refresh_from_db()
    assert certificate.status == Certificate.Status.PENDING


@pytest.mark.parametrize("name", ["revoke", "reissue", "keep", "retry"])
def test_actions_are_for_the_office_only(client, name):
    certificate = make.certificate()
    learner, viewer = users.user(), users.user()
    viewer.user_permissions.add(
        Permission.objects.get(codename="access_admin"), Permission.objects.get(codename="view_certificate")
    )

    assert client.post(action(name, certificate), {"reason": "x"}).status_code == 302
    for person in (learner, viewer):
        client.force_login(person)
        assert client.post(action(name, certificate), {"reason": "x"}).status_code in (302, 403)

    certificate.refresh_from_db()
    assert certificate.status == Certificate.Status.PENDING


def test_what_needs_attention_leads_to_where_it_is_done(office):
    waiting = make.completed(learner=users.user("Jana 😀"))
    flagged = make.certificate()
    Certificate.objects.filter(pk=flagged.pk).update(needs_review=True)

    items = list(duties.attention(timezone.now()))

    assert [url for _sentence, url in items] == [
        f"{INDEX}?needs_review=true",
        action("issue_certificate", waiting),
    ]
    waiting.learner.name = "Jana Nováková"
    waiting.learner.save()
    office.post(items[1][1])
    assert waiting.certificates.get().holder_name == "Jana Nováková"


def test_evidence_and_personal_data_have_the_certificates(tmp_path):
    certificate = rendering.render(make.certificate().pk)
    path = tmp_path / "evidence.zip"
    with zipfile.ZipFile(path, "w") as pack:
        duties.add_evidence(certificate.enrollment.run, pack)

    assert set(zipfile.ZipFile(path).namelist()) == {
        "certificates/register.csv",
        f"certificates/{certificate.serial}.pdf",
    }
    assert duties.export_personal_data(certificate.holder)["certificates"][0]["serial"] == certificate.serial
    assert len(duties.erase_personal_data(certificate.holder)) == 1
    assert duties.erase_personal_data(users.user()) == []
