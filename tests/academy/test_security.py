"""What holds on every page and for the whole site."""

import json
import logging
import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from academy.logs import PrivateFormatter
from cms.models import CoursePage
from tests.factories import certificates, cms, courses, mentoring, users

pytestmark = pytest.mark.django_db
STRICT = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
PUBLIC_PAGES = [
    "/en/accounts/login/",
    "/en/accounts/login/password/",
    "/en/accounts/password/reset/",
    "/en/accounts/inactive/",
    "/en/nothing-here/",
]
OWN_PAGES = [
    "/en/profile/",
    "/en/accounts/logout/",
    "/en/accounts/email/",
    "/en/accounts/password/set/",
    "/en/accounts/2fa/",
    "/en/accounts/2fa/totp/activate/",
    "/en/accounts/2fa/webauthn/",
    "/en/accounts/2fa/webauthn/add/",
    "/en/accounts/3rdparty/",
]
PRODUCTION = {
    "SECRET_KEY": "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "academy.example.org",
    "PUBLIC_BASE_URL": "https://academy.example.org",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DJANGO_SETTINGS_MODULE": "academy.settings.base",
}


def policy(response):
    return {part.strip() for part in response["Content-Security-Policy"].split(";")}


def assert_strict(response):
    assert policy(response) == {part.strip() for part in STRICT.split(";")}
    text = response.content.decode()
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert not re.search(r"<[^>]+\son\w+=", text)
    assert "<style" not in text
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or re.search(r'type="application/(ld\+)?json"', script), script


@pytest.mark.parametrize("address", PUBLIC_PAGES)
def test_public_pages_have_a_strict_policy_and_keep_it(client, address):
    assert_strict(client.get(address))


@pytest.mark.parametrize("address", OWN_PAGES)
def test_own_pages_have_a_strict_policy_and_keep_it(client, address):
    client.force_login(users.user())
    response = client.get(address)
    while response.status_code == 302 and response.url.startswith("/en/accounts/reauthenticate/"):
        response = client.get(response.url)
    assert response.status_code == 200
    assert_strict(response)


@pytest.fixture
def one_of_each():
    """Function that makes one of everything that has a page and returns the addresses by who may see them."""

    def make():
        eva, teacher = users.user("Eva"), users.user("Hedvika")
        mentor = mentoring.mentor(user=teacher)
        run = courses.run(trainers=[mentor.profile])
        place = courses.enrollment(of=run, learner=eva)
        slot, taken = mentoring.slot(of=mentor), mentoring.slot(of=mentor, starts_in=timedelta(days=9))
        booking = mentoring.booking(of=taken, learner=eva)
        proof = certificates.certificate(holder=eva)
        public = [
            cms.home_page("cs").url,
            cms.catalogue("cs").url,
            CoursePage.objects.filter(course=run.course).first().url,
            reverse("courses:enroll", args=[run.code]),
            reverse("mentoring:slots", args=[mentor.profile.slug]),
            reverse("mentoring:book", args=[slot.pk]),
            reverse("certificates:lookup"),
            reverse("certificates:certificate", args=[proof.token]),
            reverse("courses:manage", args=["not-a-token"]),
        ]
        evas = [
            reverse("my_academy"),
            reverse("courses:enrollment", args=[place.pk]),
            reverse("courses:cancel", args=[place.pk]),
            reverse("mentoring:booking", args=[booking.pk]),
        ]
        teachers = [
            reverse("courses:teaching"),
            reverse("courses:roster", args=[run.sessions.first().pk]),
            reverse("mentoring:my_time"),
        ]
        return {None: public, eva: evas, teacher: teachers}

    return make


def test_every_kind_of_page_has_a_strict_policy_and_keeps_it(client, one_of_each):
    for person, addresses in one_of_each().items():
        if person:
            client.force_login(person)
        for address in addresses:
            response = client.get(address)
            assert response.status_code in ({404, 410, 403} if "not-a-token" in address else {200}), address
            assert_strict(response)


def test_addresses_never_tell_who_somebody_is(one_of_each):
    for addresses in one_of_each().values():
        for address in addresses:
            assert "@" not in unquote(address)
            assert "eva" not in address.lower()


def test_admin_has_the_wider_policy_it_needs(client):
    client.force_login(users.staff())
    parts = policy(client.get("/admin/"))
    assert {"script-src 'self' 'unsafe-inline'", "style-src 'self' 'unsafe-inline'", "object-src 'none'"} <= parts


def test_pages_carry_the_other_headers_too(client):
    response = client.get("/en/accounts/login/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "cs"), ("de", "cs"), ("en-GB,en;q=0.9", "en"), ("cs,en;q=0.5", "cs"), ("en;q=0.1,cs", "cs")],
)
def test_root_leads_to_the_visitors_language(client, accepted, language):
    response = client.get("/", headers={"accept-language": accepted} if accepted else {})
    assert (response.status_code, response.url) == (302, f"/{language}/")


def test_forms_without_a_token_are_refused():
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/en/accounts/login/", {"email": "eva@example.org"}).status_code == 403
    assert mail.outbox == []


def _manage(*arguments, **variables):
    """Run manage.py with these variables and nothing else of ours; return (code, output)."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_what_the_database_address_asks_of_the_connection_is_kept(tmp_path):
    code, output = _manage(
        "shell",
        "--no-imports",
        "--command",
        "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))",
        **PRODUCTION,
        DATA_DIR=str(tmp_path),
        DATABASE_URL="postgres://academy:secret@db.internal/academy?sslmode=verify-full&options=-c%20work_mem%3D8MB",
        DATABASE_LOCK_TIMEOUT="7",
    )
    assert code == 0, output
    options = json.loads(output.splitlines()[-1])
    assert options["sslmode"] == "verify-full"
    assert options["options"] == "-c work_mem=8MB -c lock_timeout=7s"
    assert "pool" in options


def test_site_refuses_to_start_without_a_secret_key(tmp_path):
    code, output = _manage("check", DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="academy.settings.base")
    assert code != 0
    assert "SECRET_KEY is not set." in output


def test_site_in_debug_keeps_a_secret_key_of_its_own(tmp_path):
    code, output = _manage("check", DATA_DIR=str(tmp_path), DEBUG="1")
    assert code == 0, output
    key = tmp_path / "debug_secret_key"
    assert len(key.read_text()) > 50
    assert key.stat().st_mode & 0o077 == 0


def test_deploy_check_is_clean_with_production_variables(tmp_path):
    code, output = _manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path), **PRODUCTION)
    assert code == 0, output


def test_deploy_check_names_what_is_missing(tmp_path):
    variables = {**PRODUCTION, "REDIS_URL": "", "PUBLIC_BASE_URL": ""}
    code, output = _manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path), **variables)
    assert code != 0
    assert set(re.findall(r"academy\.W\d+", output)) == {"academy.W001", "academy.W002"}


def test_production_has_secure_cookies_and_https(tmp_path):
    names = [
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_PROXY_SSL_HEADER",
        "ALLAUTH_TRUSTED_PROXY_COUNT",
        "WAGTAIL_ENABLE_UPDATE_CHECK",
        "WAGTAIL_GRAVATAR_PROVIDER_URL",
        "DEBUG",
    ]
    values = f"{{name: getattr(settings, name) for name in {names}}}"
    line = f"import json; from django.conf import settings; print(json.dumps({values}))"
    variables = {**PRODUCTION, "TRUST_PROXY_HEADERS": "1", "TRUSTED_PROXY_COUNT": "1"}
    code, output = _manage("shell", "--no-imports", "-c", line, DATA_DIR=str(tmp_path), **variables)
    assert code == 0, output
    assert json.loads(output) == {
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
        "WAGTAIL_ENABLE_UPDATE_CHECK": False,
        "WAGTAIL_GRAVATAR_PROVIDER_URL": None,
        "DEBUG": False,
    }


PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "office",
                "name": "Office",
                "client_id": "academy",
                "secret": "s",
                "settings": {"server_url": "https://login.example.org"},
            }
        ]
    }
}


def test_social_login_is_set_up_by_variables(tmp_path):
    line = (
        "from django.conf import settings;"
        "print(settings.SOCIALACCOUNT_PROVIDERS, settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    variables = {
        **PRODUCTION,
        "SOCIALACCOUNT_PROVIDERS": json.dumps(PROVIDERS),
        "SOCIALACCOUNT_ORIGINS": "https://login.example.org",
    }
    code, output = _manage("shell", "--no-imports", "-c", line, DATA_DIR=str(tmp_path), **variables)
    assert (code, output.strip()) == (0, f"{PROVIDERS} [\"'self'\", 'https://login.example.org']"), output


def test_social_login_is_offered_beside_the_code(client, settings):
    settings.SOCIALACCOUNT_PROVIDERS = PROVIDERS
    page = client.get("/en/accounts/login/?next=/en/profile/").content.decode()
    address = "/en/accounts/oidc/office/login/?process=login&amp;next=%2Fen%2Fprofile%2F"
    assert f'<a class="button button--secondary" href="{address}">Continue with Office</a>' in page
    assert "<h1>Continue with Office</h1>" in client.get(address.replace("&amp;", "&")).content.decode()


def test_logs_never_tell_an_address(client, caplog):
    caplog.set_level(logging.DEBUG)
    client.post("/en/accounts/login/", {"email": "secret.person@example.org"})
    client.get("/en/accounts/login/code/confirm/")
    client.get("/en/nothing/secret.person@example.org/")
    formatter = PrivateFormatter("%(message)s")
    lines = "\n".join(formatter.format(record) for record in caplog.records if not record.name.startswith("django.db"))
    assert "/en/nothing/[address]/" in lines
    assert "secret.person" not in lines


def test_log_formatter_hides_addresses_in_tracebacks():
    try:
        raise ValueError("refused: eva.mala+x@mail.example.org")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "sent to %s", ("eva@example.org",), sys.exc_info())
    line = PrivateFormatter("%(message)s").format(record)
    assert line.startswith("sent to [address]\nTraceback")
    assert line.endswith("ValueError: refused: [address]")


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.js", "evil.pdf.xhtml"])
def test_documents_that_could_run_are_refused(client, name):
    client.force_login(users.staff(language="en"))
    upload = SimpleUploadedFile(name, b"<script>alert(1)</script>")
    page = client.post("/admin/documents/add/", {"title": "Evil", "file": upload})
    assert "is not allowed" in page.content.decode()
    assert not get_document_model().objects.exists()


@pytest.mark.parametrize("name", ["evil.svg", "evil.png"])
def test_images_that_are_none_are_refused(client, name):
    client.force_login(users.staff(language="en"))
    upload = SimpleUploadedFile(name, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/png")
    assert client.post("/admin/images/add/", {"title": "Evil", "file": upload}).status_code == 200
    assert not get_image_model().objects.exists()


def test_documents_are_limited_by_size(client, settings):
    settings.WAGTAILDOCS_MAX_UPLOAD_SIZE = 10
    client.force_login(users.staff(language="en"))
    client.post("/admin/documents/add/", {"title": "Long", "file": SimpleUploadedFile("long.pdf", b"x" * 11)})
    assert not get_document_model().objects.exists()


def test_documents_are_served_so_that_they_cannot_run(client):
    document = get_document_model().objects.create(title="Notes", file=ContentFile(b"<script>", name="notes.txt"))
    answer = client.get(document.url)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_uploads_are_limited_by_type():
    assert set(settings.WAGTAILDOCS_EXTENSIONS) & {"html", "htm", "svg", "xml", "js", "xhtml"} == set()
    assert set(settings.WAGTAILIMAGES_EXTENSIONS) == {"avif", "gif", "jpg", "jpeg", "png", "webp"}
