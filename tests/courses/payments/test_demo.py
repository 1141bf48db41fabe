"""The demo has a paid run with people in every state, and statements that can be imported."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command

from academy import registry
from courses.models import BankStatement, Enrollment, Payment
from courses.payments import importing

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["demo-statement.csv", "demo-statement.gpc"])
def test_the_demo_shows_every_state_of_a_payment(name, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    call_command("demo", stdout=StringIO())

    rows = Payment.objects.filter(enrollment__run__code="BK-4")
    found = Counter(rows.exclude(status="void").values_list("status", flat=True))
    assert found == {"paid": 6, "waived": 1, "refund_due": 1, "refunded": 1, "unpaid": found["unpaid"]}
    assert found["unpaid"] >= 3
    assert [row.received for row in rows.overpaid()] == [100_000]
    assert rows.filter(status="unpaid", received=45_000).count() == 1
    assert Enrollment.objects.filter(lapses_at__isnull=False, run__code="BK-4").exists()
    assert [line for name in ("payments", "places and payments") for line in registry.audit_checks[name]()] == []

    statement = importing.upload((tmp_path / name).read_bytes(), name=name, by=None)
    groups = {group.key: len(group.proposals) for group in importing.review(statement)}
    assert groups == {"exact": 5, "unknown": 1}
    assert set(BankStatement.objects.values_list("status", flat=True)) == {"applied", "review"}
