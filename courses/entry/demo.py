"""The demo's runs with terms: quotas, a date to decide, codes of invitation that people come in by."""

from academy.demo.content import moment
from courses.models import Segment

from . import codes
from .models import EXPERIENCE, SeatQuota

# How many the office lets in by its shared code, and one person who has a code of their own in the mail.
SHARED_USES = 8
INVITED = "p7@example.org"


def columns(facts, now, zone):
    """Columns (dict) of a run that its terms in the content set."""
    terms = facts.get("terms") or {}
    decide = terms.get("decide")
    return {"decide_at": moment(decide, decide["time"], now, zone, key=None) if decide else None}


def way_in(facts):
    """The run's own way in (str), or "" where it has its course's."""
    return (facts.get("terms") or {}).get("enrollment", "")


def load_quotas(run, facts):
    """Give a run the quotas of its terms."""
    for quota in (facts.get("terms") or {}).get("quotas", []):
        segment = Segment.objects.get(slug=quota["segment"]) if quota.get("segment") else None
        SeatQuota.objects.create(
            run=run,
            kind=quota["kind"],
            seats=quota["seats"],
            level=quota.get("level", ""),
            segment=segment,
            since=run.opens_at,
        )


class Coming:
    """How people of the demo come into one run: with what they say of themselves, and a code where one is asked for."""

    def __init__(self, run, *, by, at):
        self.asks_level = SeatQuota.objects.filter(run=run).exclude(level="").exists()
        self.code = ""
        if run.entry == run.Entry.INVITATION:
            note = "Partneři výzvy"
            self.code = codes.make_shared(run, by=by, uses=SHARED_USES, note=note, at=at)[0][1]
            codes.invite(run, [INVITED], by=by, language="en", at=at)

    def says(self, user):
        """What enroll() is told about this person (dict)."""
        said = {"invitation": self.code} if self.code else {}
        if self.asks_level:
            said["level"] = EXPERIENCE[user.pk % 3 != 0][0]
        return said
