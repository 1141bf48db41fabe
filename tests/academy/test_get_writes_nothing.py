"""Truth 11 over the whole site: every address outside the admin is asked for with GET, and nothing is written.

The addresses come from the URL patterns themselves, so that a new one is walked without being listed here.
"""

import re
import time
import uuid
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.urls.resolvers import LocalePrefixPattern, RoutePattern
from django.utils import timezone

from academy import links
from cms.models import SiteSettings
from tests.factories import certificates, cms, courses, mentoring, users

pytestmark = pytest.mark.django_db

# Tables that a GET may write to, and the addresses (beginnings) that do: a visitor's own session, where allauth
# keeps what is under way (a secret for an app not yet added, a passkey's challenge, where to go after a code).
SESSION_ONLY = [
    "/en/accounts/2fa/",
    "/en/accounts/confirm-email/",
    "/en/accounts/login/",
    "/en/accounts/reauthenticate/",
]
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
# What stands in an address where nothing better is known; it leads to a 404, which may not write either.
FILLERS = {"int": "1", "slug": "x", "uuid": str(uuid.UUID(int=1)), "str": "x", "path": "x"}


def routes(patterns, before=""):
    """Addresses with <converter:name> in them, of every pattern that is written as a route or a plain regex."""
    for entry in patterns:
        pattern = entry.pattern
        if isinstance(pattern, LocalePrefixPattern):
            own = "en/"
        elif isinstance(pattern, RoutePattern):
            own = str(pattern)
        else:
            own = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", str(pattern)).strip("^$").replace("\\", "")
        if hasattr(entry, "url_patterns"):
            yield from routes(entry.url_patterns, before + own)
        elif not re.search(r"[()\[\]*+?]", own):
            yield f"/{before}{own}"


def fill(route, known):
    """The route with each part replaced by what is known of that name, else by a filler."""

    def value(match):
        kind, name = match.group(1) or "str", match.group(2)
        beginning = route[: match.start()]
        best = next((known[key] for key in known if key[1] == name and key[0] in beginning), None)
        return str(best if best is not None else FILLERS.get(kind, "x"))

    return re.sub(r"<(?:(\w+):)?(\w+)>", value, route)


def addresses(known):
    found = {fill(route, known) for route in routes(get_resolver().url_patterns)}
    # The admin is Wagtail's own; a person's language prefix stands for the other one.
    return sorted(address for address in found if not address.startswith(("/admin/", "/cs/", "/healthz")))


def writes_of(client, address):
    """(status, [statements that write]) of one GET."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    found = [query["sql"] for query in queries if query["sql"].lstrip().upper().startswith(WRITES)]
    if address.startswith(tuple(SESSION_ONLY)):
        found = [sql for sql in found if "django_session" not in sql]
    return response.status_code, found


def log_in(client, user):
    """Signed in a moment ago with the second factor, so that pages which ask again for one are reached themselves."""
    client.force_login(user)
    session = client.session
    proved = {"method": "mfa", "type": "totp", "reauthenticated": True, "at": time.time()}
    session["account_authentication_methods"] = [proved]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def test_first_visit_to_a_new_site_writes_nothing(client):
    assert SiteSettings.objects.count() == 1  # made by a migration
    asked = addresses({})

    assert len(asked) > 40
    for address in ["/", "/en/", "/cs/", "/en/nothing-here/", *asked]:
        assert writes_of(client, address)[1] == [], address


def test_settings_are_read_without_being_made():
    SiteSettings.objects.all().delete()

    assert SiteSettings.load().serial_prefix == "AC"
    assert not SiteSettings.objects.exists()


def test_no_address_writes_for_anybody_who_may_see_it(client):
    eva, teacher = users.user("Eva"), users.user("Hedvika")
    cms.home_page("cs")
    mentor = mentoring.mentor(user=teacher)
    run = courses.run(trainers=[mentor.profile])
    place = courses.enrollment(of=run, learner=eva)
    offer = courses.enrollment(
        of=courses.run(), learner=eva, status="offered", queue_number=1, offered_until=timezone.now()
    )
    slot, taken = mentoring.slot(of=mentor), mentoring.slot(of=mentor, starts_in=timedelta(days=9))
    booking = mentoring.booking(of=taken, learner=eva)
    proof = certificates.certificate(holder=eva)
    for person in (eva, teacher):
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(person)
    known = {
        ("/runs/", "code"): run.code,
        ("/sessions/", "uid"): run.sessions.get().uid,
        ("/sessions/", "pk"): run.sessions.get().pk,
        ("/enrollments/", "pk"): place.pk,
        ("/manage/", "token"): links.sign("enrollment", offer.pk),
        ("/coaching/", "slug"): mentor.profile.slug,
        ("/coaching/", "mentor"): mentor.profile.slug,
        ("/coaching/slots/", "pk"): slot.pk,
        ("/coaching/", "pk"): booking.pk,
        ("/c/", "token"): proof.token,
    }

    for person in (None, eva, teacher):
        client.logout()
        if person:
            log_in(client, person)
        statuses = {}
        for address in [*addresses(known), run.course.pages.get().url, f"/en/enrollments/{offer.pk}/"]:
            statuses[address], found = writes_of(client, address)
            assert found == [], address
            assert statuses[address] < 500, address
        if person == eva:
            assert {
                "/en/my/",
                "/en/profile/",
                "/en/accounts/2fa/",
                "/en/accounts/2fa/recovery-codes/",
                f"/en/enrollments/{place.pk}/",
                f"/en/runs/{run.code}/enroll/",
            } <= {address for address, status in statuses.items() if status == 200}
    assert not any(row.data.get("viewed") for row in Authenticator.objects.filter(type="recovery_codes"))


def test_recovery_codes_are_shown_and_downloaded_by_a_button_only(client):
    eva = users.user("Eva")
    TOTP.activate(eva, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(eva).get_unused_codes()
    page, file = "/en/accounts/2fa/recovery-codes/", "/en/accounts/2fa/recovery-codes/download/"

    assert client.get(page).url.startswith("/en/accounts/login/")
    client.force_login(eva)
    assert client.get(page).url.startswith("/en/accounts/2fa/reauthenticate/")
    assert client.post(page).url.startswith("/en/accounts/2fa/reauthenticate/")
    log_in(client, eva)

    before = client.get(page)
    assert "10 codes are left" in before.content.decode()
    assert not any(code in before.content.decode() for code in codes)
    assert client.get(file).status_code == 405
    shown = client.post(page)
    assert all(code in shown.content.decode() for code in codes)
    assert "no-store" in shown["Cache-Control"]
    assert client.post(file).content.decode().split()[-10:] == codes


def test_recovery_codes_of_nobody_are_not_found(client):
    log_in(client, users.user())

    assert client.get("/en/accounts/2fa/recovery-codes/").status_code == 404
    assert client.post("/en/accounts/2fa/recovery-codes/").status_code == 404
