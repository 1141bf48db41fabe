import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(settings, tmp_path):
    """The trial site's settings, and a function that writes a mail into its mailbox."""
    settings.DEBUG = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")

    def write(subject, *, text="Dobrý den", html="", attachment=None):
        message = EmailMultiAlternatives(
            subject, text, "a@example.org", ["eva@example.org"], connection=get_connection()
        )
        if html:
            message.attach_alternative(html, "text/html")
        if attachment:
            message.attach(*attachment)
        message.send()

    return write


@pytest.fixture
def keys(client):
    """Function that returns the keys of the mails listed, in the order shown."""

    def listed():
        return [mail.key for mail in client.get("/mail/").context["mails"]]

    return listed


def test_mailbox_lists_mails_newest_first(client, mailbox, keys):
    mailbox("První")
    mailbox("Žluťoučký kůň")
    page = client.get("/mail/", headers={"accept-language": "en"}).content.decode()
    assert page.index("Žluťoučký kůň") < page.index("První")
    assert len(keys()) == 2


def test_mailbox_shows_text_html_and_attachments(client, mailbox, keys):
    mailbox(
        "Místo",
        text="Kód 1",
        html="<p style='color:red'>Kód 1</p>",
        attachment=("session.ics", "BEGIN:X", "text/calendar"),
    )
    (key,) = keys()
    page = client.get(f"/mail/{key}/").content.decode()
    assert "Kód 1" in page
    assert "session.ics" in page
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page
    frame = client.get(f"/mail/{key}/html/")
    assert "<p style='color:red'>Kód 1</p>" in frame.content.decode()
    assert "script-src" not in frame["Content-Security-Policy"]
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in frame["Content-Security-Policy"]
    attached = client.get(f"/mail/{key}/attachments/0/")
    assert attached.content == b"BEGIN:X"
    assert attached["Content-Disposition"] == 'attachment; filename="session.ics"'
    assert client.get(f"/mail/{key}/attachments/1/", follow=True).status_code == 404


def test_mailbox_without_mails_says_what_to_do(client, mailbox):
    assert client.get("/mail/", headers={"accept-language": "en"}).context["mails"] == []


@pytest.mark.parametrize("key", ["x", "1-0", "20261123-101500-77-0", "-", "9" * 30])
def test_mailbox_gives_404_for_unknown_mails(client, mailbox, key):
    assert client.get(f"/mail/{key}/", follow=True).status_code == 404


def test_mailbox_is_not_there_outside_debug(client, mailbox, keys, settings):
    mailbox("Tajné")
    (key,) = keys()
    settings.DEBUG = False
    for address in ("/mail/", f"/mail/{key}/", f"/mail/{key}/html/", f"/mail/{key}/attachments/0/"):
        assert client.get(address, follow=True).status_code == 404, address


def test_mailbox_is_not_there_without_the_folder(client, mailbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert client.get("/mail/", follow=True).status_code == 404
