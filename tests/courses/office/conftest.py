import pytest
from django.contrib.auth.models import Group

from tests.factories import users


@pytest.fixture
def manager():
    """A programme manager who reads English."""
    person = users.user("Kancelář", language="en")
    person.groups.add(Group.objects.get(name="Programme managers"))
    return person


@pytest.fixture
def office(client, manager):
    """A client signed in as a programme manager."""
    client.force_login(manager)
    return client
