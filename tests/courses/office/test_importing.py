"""A list of people from a file: read as it comes, shown line by line, then done once."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from academy.mail.models import Message
from academy.users.models import Membership, Organisation, User
from courses.errors import RunCancelled
from courses.models import CourseRun, Enrollment, PeopleImport
from courses.office import importing
from courses.office.reading import CannotRead, read_people
from tests.factories import courses as make
from tests.factories import users

pytestmark = pytest.mark.django_db
S = Enrollment.Status
TABLE = "e-mail{d}jméno{d}organizace{d}jazyk\nzaneta@example.org{d}Žaneta Žluťoučká{d}Sever{d}en\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
def test_encoding_and_delimiter_are_found_out(encoding, delimiter):
    [person] = read_people(TABLE.format(d=delimiter).encode(encoding))

    assert person == {
        "line": 2,
        "email": "zaneta@example.org",
        "name": "Žaneta Žluťoučká",
        "organisation": "Sever",
        "language": "en",
        "problem": "",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Příjmení;Jméno;E-mailová adresa\nNovák;Jan;jan@example.org", ("jan@example.org", "Jan Novák")),
        ("jan@example.org,Jan Novák", ("jan@example.org", "Jan Novák")),
        ('email,name\njan@example.org,"Novák, Jan"', ("jan@example.org", "Novák, Jan")),
        ("email\n\nJAN@Example.org\n", ("jan@example.org", "")),
        ("email;name\r\nmailto:jan@example.org;Jan  Novák\r\n", ("jan@example.org", "Jan Novák")),
    ],
)
def test_columns_are_found_by_their_headings(text, expected):
    [person] = read_people(text.encode())

    assert (person["email"], person["name"]) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"email,name\n",
        b"a;b\n1;2\n",
        b"\x00\x01\x02\x03",
        b"PK\x03\x04\x00\x00",
        b"email\n" + b"x" * (1024 * 1024),
        "\n".join(["email", *(f"a{n}@example.org" for n in range(1001))]).encode(),
        b'email\n"' + b"a" * 200_000 + b'"',
    ],
)
def test_files_that_cannot_be_read_are_refused_with_a_sentence(content):
    with pytest.raises(CannotRead) as refusal:
        read_people(content)

    assert str(refusal.value).endswith(".")


def test_lines_with_problems_are_kept_with_the_reason():
    people = read_people(
        "email;name\n"
        "not-an-address;A\n"
        "ok@example.org;B\n"
        "OK@example.org;C\n"
        f"long@example.org;{'x' * 151}\n"
        "odd@example.org;a\x01b\n".encode()
    )

    problems = [person["problem"] for person in people]
    assert problems[0] == gettext("This is no valid e-mail address.")
    assert problems[1] == ""
    assert "3" in problems[2]
    assert "150" in problems[3]
    assert "U+0001" in problems[4]


def begin(run, text, by=None):
    return importing.begin(run, text.encode(), file_name="people.csv", by=by or users.staff())


def test_dry_run_says_what_would_become_of_each_line_and_changes_nothing():
    run = make.run(capacity=2)
    make.enrollment(of=run, learner=users.user(email="there@example.org"))
    users.user(email="known@example.org")
    people = begin(
        run, "email;name;organisation\nthere@example.org;A;\nbad;B;\nknown@example.org;C;Nobody\nnew@example.org;D;\n"
    )

    waits = [what for _line, what, _sentences in importing.dry_run(people)]
    over = [what for _line, what, _sentences in importing.dry_run(people, is_over=True)]

    assert waits == ["there", "problem", "place", "waiting"]
    assert over == ["there", "problem", "place", "over"]
    assert not User.objects.filter(email="new@example.org").exists()
    assert run.enrollments.count() == 1


def test_apply_enrolls_each_once_with_one_mail_and_unverified_accounts():
    run, staff = make.run(capacity=2), users.staff()
    known = users.user("Petra Malá", email="known@example.org", language="cs")
    organisation = Organisation.objects.create(name="Sever")
    people = begin(
        run,
        "email;name;organisation;language\n"
        "new@example.org;Jan Novák;Sever;en\nknown@example.org;Other;;en\nlast@example.org;L;;\nbad;B;;\n",
        by=staff,
    )

    first = importing.apply(people, by=staff)
    again = importing.apply(people, by=staff)

    new = User.objects.get(email="new@example.org")
    rows = {row.learner.email: (row.status, row.source) for row in run.enrollments.all()}
    assert rows == {
        "new@example.org": (S.CONFIRMED, "staff"),
        "known@example.org": (S.CONFIRMED, "staff"),
        "last@example.org": (S.WAITING, "staff"),
    }
    assert (new.name, new.language, new.has_usable_password()) == ("Jan Novák", "en", False)
    assert not EmailAddress.objects.filter(user=new, verified=True).exists()
    known.refresh_from_db()
    assert (known.name, known.language) == ("Petra Malá", "cs")
    membership = Membership.objects.get(user=new)
    assert (membership.organisation, membership.accepted_at) == (organisation, None)
    assert sorted(Message.objects.filter(kind__startswith="enrollment").values_list("to", flat=True)) == sorted(rows)
    assert [line.get("outcome") for line in first.lines] == [S.CONFIRMED, S.CONFIRMED, S.WAITING, None]
    assert again.lines == first.lines
    assert [(event.what, event.by, event.new["people"]) for event in run.events.all()] == [("imported", staff, 3)]


def test_apply_that_was_interrupted_goes_on_where_it_stopped():
    run, staff = make.run(), users.staff()
    people = begin(run, "email\na@example.org\nb@example.org\n", by=staff)
    importing._enroll(run, people.lines[0], {}, staff, "", None)

    importing.apply(people, by=staff)

    assert run.enrollments.count() == 2
    assert Message.objects.count() == 2


def test_apply_over_capacity_keeps_the_reason_on_each_row():
    run = make.run(capacity=1)
    people = begin(run, "email\na@example.org\nb@example.org\n")

    importing.apply(people, by=users.staff(), overbooking_reason="Partner school")

    assert [(row.status, row.overbooking_reason) for row in run.enrollments.order_by("pk")] == [
        (S.CONFIRMED, ""),
        (S.CONFIRMED, "Partner school"),
    ]


def test_apply_does_not_take_a_managers_role_away():
    organisation, boss = Organisation.objects.create(name="Sever"), users.user(email="boss@example.org")
    Membership.objects.create(organisation=organisation, user=boss, role="manager", accepted_at=timezone.now())

    importing.apply(begin(make.run(), "boss@example.org,Boss,Sever"), by=users.staff())

    assert Membership.objects.get(user=boss).role == "manager"


def test_refusal_of_the_rule_is_kept_with_its_line_and_leaves_no_account():
    run = make.run(status=CourseRun.Status.CANCELLED, cancelled_at=timezone.now())

    applied = importing.apply(begin(run, "a@example.org,A"), by=users.staff())

    assert [(line["outcome"], line["sentence"]) for line in applied.lines] == [("refused", str(RunCancelled.sentence))]
    assert not User.objects.filter(email="a@example.org").exists()


def test_lists_are_forgotten_after_a_week():
    old, new = begin(make.run(), "a@example.org"), begin(make.run(), "b@example.org")
    PeopleImport.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))

    importing.forget_old()

    assert list(PeopleImport.objects.all()) == [new]


@pytest.mark.parametrize("rows", [1, 30])
def test_dry_run_takes_the_same_queries_for_any_number_of_people(rows, django_assert_num_queries):
    people = begin(make.run(), "email\n" + "\n".join(f"a{n}@example.org" for n in range(rows)))

    with django_assert_num_queries(3):
        importing.dry_run(people)


# --- in the admin ---------------------------------------------------------------


def upload(office, run, content, name="people.csv"):
    url = reverse("admin_courserun_import_people", args=[run.pk])
    return office.post(url, {"file": SimpleUploadedFile(name, content)})


def test_upload_shows_the_dry_run_and_the_second_post_applies_what_was_shown(office):
    run = make.run()

    shown = upload(office, run, b"email,name\njan@example.org,Jan\nbad,B\n")
    page = office.get(shown.url)

    assert [what for _line, what, _sentences in page.context["lines"]] == ["a place", "left out"]
    assert not run.enrollments.exists()

    first = office.post(shown.url, {"without_place": "waiting", "reason": ""})
    assert first.context["consequences"] == ["a place: 1", "left out: 1"]
    assert not run.enrollments.exists()

    done = office.post(shown.url, {"without_place": "waiting", "reason": "", "confirmed": "1"}, follow=True)
    office.post(shown.url, {"without_place": "waiting", "reason": "", "confirmed": "1"})

    assert [what for _line, what, _sentences in done.context["lines"]] == ["Enrollment confirmed", "left out"]
    assert [row.learner.email for row in run.enrollments.all()] == ["jan@example.org"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x01", "The file cannot be read. Save it as CSV in UTF-8 and try again."),
        (b"x" * (1024 * 1024 + 1), "The file is larger than 1 MB. Split it."),
        (b"", "The submitted file is empty."),
    ],
)
def test_bad_file_is_a_sentence_in_the_form(office, content, sentence):
    response = upload(office, make.run(), content)

    assert response.status_code == 200
    assert sentence in str(response.context["form"].errors)
    assert not PeopleImport.objects.exists()


def test_over_capacity_without_a_reason_asks_for_it(office):
    run = make.run(capacity=1)
    shown = upload(office, run, b"a@example.org\nb@example.org\n")

    response = office.post(shown.url, {"without_place": "over", "reason": "", "confirmed": "1"})

    assert response.context["form"].errors == {"reason": ["Write the reason."]}
    assert not run.enrollments.exists()


def test_import_is_closed_to_editors_learners_and_strangers(client):
    run = make.run()
    people = begin(run, "a@example.org")
    editor = users.user()
    editor.groups.add(Group.objects.get(name="Editors"))
    apply_url = reverse("admin_peopleimport_apply", args=[people.pk])

    for person in (None, users.user(), editor):
        client.logout()
        if person:
            client.force_login(person)
        assert upload(client, run, b"a@example.org").status_code == 302
        assert client.get(apply_url).status_code == 302
        assert client.post(apply_url, {"without_place": "waiting", "confirmed": "1"}).status_code == 302

    assert not run.enrollments.exists()
