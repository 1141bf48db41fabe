import pytest
from django.core.management import CommandError, call_command

from academy import registry
from courses.models import Enrollment
from tests.factories import courses as make

pytestmark = pytest.mark.django_db


def test_audit_finds_nothing_in_an_empty_house(capsys):
    call_command("audit")

    assert capsys.readouterr().out == f"{len(registry.audit_checks)} checks, nothing broken.\n"


def test_audit_prints_one_line_per_broken_row_and_fails(capsys):
    runs = [make.run(capacity=1) for _number in range(2)]
    for run in runs:
        make.enrollment(of=run, status=Enrollment.Status.WAITING, queue_number=1)

    with pytest.raises(CommandError) as failure:
        call_command("audit")

    assert failure.value.returncode == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("promotion: ")] == [
        f"promotion: Run {run.code} has a free seat while somebody waits." for run in reversed(runs)
    ]


def test_every_app_with_truths_has_checks():
    modules = {check.__module__ for check in registry.audit_checks.values()}

    assert {"academy.mail.audit", "courses.audit", "mentoring.audit"} <= modules
