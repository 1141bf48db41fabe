"""Putting a list of people on a run: what would happen line by line, then the same done, person by person.

What was read is kept on the server (PeopleImport), so that what is applied is what
was shown. Every person is a transaction of their own; whatever was interrupted is
applied again without anybody enrolled or told twice.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from academy.errors import RuleError
from academy.users import memberships
from academy.users.accounts import invited_account
from academy.users.models import Membership, Organisation, User
from courses import enrollment
from courses.errors import ReasonMissing
from courses.models import Enrollment
from courses.seats import tally

from .history import What, record
from .models import PeopleImport
from .reading import read_people

S = Enrollment.Status
KEPT = timedelta(days=7)
# What becomes of a line.
PLACE, WAITING, OVER, THERE, PROBLEM = "place", "waiting", "over", "there", "problem"


def begin(run, content, *, file_name, by):
    """Read the file (bytes) and keep its people; return the PeopleImport. Nobody is enrolled. Raises CannotRead."""
    return PeopleImport.objects.create(run=run, by=by, file_name=file_name[:200], lines=read_people(content))


def dry_run(people_import, *, is_over=False, at=None):
    """What would become of each line as things stand: [(line, what, [sentences])], in a constant number of queries.

    `is_over` says that those for whom there is no free place get one over capacity.
    """
    run, lines = people_import.run, people_import.lines
    now = tally(run, at or timezone.now())
    known = _by_email(lines)
    there = {
        row.learner_id: row
        for row in Enrollment.objects.active().exclude(status=S.DRAFT).filter(run=run, learner__in=known.values())
    }
    organisations = _organisations(lines)
    free, waits, found = now.free, now.waiting, []
    for line in lines:
        person = known.get(line["email"])
        if line["problem"]:
            found.append((line, PROBLEM, [line["problem"]]))
        elif person and person.pk in there:
            status = there[person.pk].get_status_display()
            found.append((line, THERE, [_("Is on the run already: %(status)s.") % {"status": status}]))
        else:
            sentences = [_("Known person; the account keeps its name.") if person else _("New account.")]
            if line["organisation"] and line["organisation"] not in organisations:
                sentences.append(_("The organisation is not known, so it is left out."))
            if free and not waits:
                free -= 1
                what = PLACE
            elif is_over:
                what = OVER
            else:
                waits += 1
                what = WAITING
            found.append((line, what, sentences))
    return found


def apply(people_import, *, by, overbooking_reason="", at=None):
    """Enroll everybody on the list who can be; return the PeopleImport, with an "outcome" on each line.

    With a reason those for whom there is no free place get one over capacity, else
    they wait. Accounts made here are not verified until the person signs in; each
    person gets the one mail that they would get had they enrolled themselves. An
    import that was applied is returned as it is. Raises ReasonMissing for a reason of
    blanks.
    """
    if overbooking_reason and not overbooking_reason.strip():
        raise ReasonMissing
    people_import.refresh_from_db()
    if people_import.applied_at:
        return people_import
    organisations = _organisations(people_import.lines)
    lines = [
        line if line["problem"] else _enroll(people_import.run, line, organisations, by, overbooking_reason, at)
        for line in people_import.lines
    ]
    with transaction.atomic():
        people_import = PeopleImport.objects.select_for_update().get(pk=people_import.pk)
        if people_import.applied_at:
            return people_import  # somebody pressed the button twice; the first to come here tells the history
        people_import.lines, people_import.applied_at = lines, at or timezone.now()
        people_import.save(update_fields=["lines", "applied_at"])
        enrolled = sum(line.get("outcome") in S.values for line in lines)
        facts = {"people": enrolled, "format": people_import.file_name}
        record(people_import.run, What.IMPORTED, by=by, at=people_import.applied_at, new=facts)
        return people_import


def _enroll(run, line, organisations, by, overbooking_reason, at):
    try:
        with transaction.atomic():
            learner = invited_account(line["email"], name=line["name"], language=line["language"])
            made = enrollment.enroll(
                learner,
                run,
                by=by,
                source=Enrollment.Source.STAFF,
                at=at,
                overbooking_reason=overbooking_reason,
            )
            organisation = organisations.get(line["organisation"])
            if organisation and not Membership.objects.filter(organisation=organisation, user=learner).exists():
                memberships.add_member(organisation, learner)
    except RuleError as refusal:
        return {**line, "outcome": "refused", "sentence": str(refusal)}
    return {**line, "outcome": made.status, "enrollment": made.pk}


def forget_old(*, at=None):
    """Delete lists that were read more than a week ago: the people in them are on the run, or are nobody's business."""
    PeopleImport.objects.filter(created_at__lt=(at or timezone.now()) - KEPT).delete()


def _by_email(lines):
    emails = [line["email"] for line in lines]
    return {user.email: user for user in User.objects.filter(email__in=emails)}


def _organisations(lines):
    names = {line["organisation"] for line in lines} - {""}
    return {organisation.name: organisation for organisation in Organisation.objects.filter(name__in=names)}
