"""Several people, or one with several windows, prove the same new address in the same moment."""

from functools import partial

import pytest
from allauth.account.models import EmailAddress

from academy.checkpoints import reach
from academy.users import consents
from academy.users.accounts import account_of
from academy.users.models import Consent, User
from tests.factories import users

from .rivals import failures, race, values, without_constraint

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def _prove(email):
    return account_of(email, name="Eva Malá").pk


def test_one_address_proven_at_once_opens_one_account():
    outcomes = race([partial(_prove, "eva@example.org")] * 6, gate="account:checked")

    assert failures(outcomes) == []
    assert set(values(outcomes)) == set(User.objects.values_list("pk", flat=True))
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("eva@example.org", True, True)]


def _prove_and_hope(email):
    """What account_of would be without its eye on the unique address."""
    user = User.objects.filter(email=email).first()
    reach("account:checked")
    return (user or User.objects.create_user(email)).pk


def test_without_catching_the_constraint_the_later_ones_fail():
    outcomes = race([partial(_prove_and_hope, "eva@example.org")] * 6, gate="account:checked")

    assert len(failures(outcomes)) == 5


def _consent(user):
    return consents.give(User.objects.get(pk=user), Consent.Kind.NEWS).pk


def test_consent_given_at_once_is_one_row():
    outcomes = race([partial(_consent, users.user().pk)] * 4)

    assert failures(outcomes) == []
    assert set(values(outcomes)) == set(Consent.objects.values_list("pk", flat=True))


def test_without_the_constraint_a_consent_is_given_several_times():
    with without_constraint(Consent, "consent_live_once"):
        race([partial(_consent, users.user().pk)] * 4)

        assert Consent.objects.count() == 4
