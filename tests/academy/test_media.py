import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.factories import users

pytestmark = pytest.mark.django_db


def stored(name, content=b"content"):
    return "/media/" + default_storage.save(name, ContentFile(content))


def test_media_shows_renditions_so_that_they_cannot_run(client):
    answer = client.get(stored("images/photo.png"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert b"".join(answer.streaming_content) == b"content"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    "name",
    [
        "images/evil.svg",
        "images/evil.html",
        "images/evil.png.html",
        "images/evil",
        "documents/minutes.pdf",
        "documents/photo.png",
        "secret.png",
        "certificates/one.png",
    ],
)
def test_media_hides_everything_else(client, name):
    assert client.get(stored(name), follow=True).status_code == 404
    client.force_login(users.staff())
    assert client.get(stored(name), follow=True).status_code == 404


def test_media_shows_originals_only_to_staff(client):
    address = stored("original_images/photo.jpg")
    assert client.get(address).status_code == 404
    client.force_login(users.user())
    assert client.get(address).status_code == 404
    client.force_login(users.staff())
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "path", ["images/../../academy.sqlite3.png", "images//x.png", "images/none.png", "images/%00.png"]
)
def test_media_gives_404_for_odd_paths(client, path):
    assert client.get(f"/media/{path}").status_code == 404
