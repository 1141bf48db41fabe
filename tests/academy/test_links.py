import pytest
from django.core.signing import Signer

from academy import links


def test_link_opens_the_row_it_was_made_for():
    assert links.unsign(links.sign("enrollment", 12), "enrollment") == 12


@pytest.mark.parametrize("token", ["", "12", "12.", ".", "12.x", "x" * 5000, "12.ž", "\x00", "13." + "a" * 43])
def test_link_refuses_other_text(token):
    with pytest.raises(links.BadLink):
        links.unsign(token, "enrollment")


def test_link_of_one_row_or_kind_opens_no_other():
    token = links.sign("enrollment", 12)

    with pytest.raises(links.BadLink):
        links.unsign(token, "booking")
    with pytest.raises(links.BadLink):
        links.unsign(token.replace("12.", "13.", 1), "enrollment")


def test_link_refuses_signed_text_that_is_no_id():
    with pytest.raises(links.BadLink):
        links.unsign(Signer(salt="academy.links.enrollment", sep=".").sign("x"), "enrollment")


def test_link_is_safe_in_an_address():
    assert set(links.sign("enrollment", 12)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_absolute_addresses_are_on_the_public_name(settings):
    settings.PUBLIC_BASE_URL = "https://academy.example.org"

    assert links.absolute("/cs/") == "https://academy.example.org/cs/"


def test_link_is_blanked_where_others_read():
    token = links.sign("enrollment", 12)

    hidden = links.without_tokens(f"See https://academy.test/en/manage/{token}/ on 12. May, 10.30.")

    assert hidden == "See https://academy.test/en/manage/…/ on 12. May, 10.30."
