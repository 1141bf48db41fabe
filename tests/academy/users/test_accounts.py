import pytest
from allauth.account.models import EmailAddress

from academy.users.accounts import account_of
from academy.users.models import User
from tests.factories import users as factories

pytestmark = pytest.mark.django_db


def test_account_of_opens_one_account_for_each_address():
    user = account_of(" Eva@Example.org ", name="Eva Malá", language="en")
    assert account_of("eva@example.org", name="Somebody else", language="cs") == user
    user.refresh_from_db()
    assert (user.email, user.name, user.language) == ("eva@example.org", "Eva Malá", "en")
    assert list(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == [
        (user.pk, "eva@example.org", True, True)
    ]


def test_account_of_fills_an_empty_name():
    user = factories.user("")
    assert account_of(user.email, name="Eva Malá").name == "Eva Malá"


def test_account_of_follows_an_address_that_staff_corrected():
    user = factories.user(email="old@example.org")
    User.objects.filter(pk=user.pk).update(email="new@example.org")
    assert account_of("new@example.org") == user
    assert list(user.emailaddress_set.values_list("email", flat=True)) == ["new@example.org"]
    assert account_of("old@example.org") != user
