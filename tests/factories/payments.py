from datetime import timedelta

from cms.models import PaymentSettings
from courses import enrollment as rules
from courses.models import BankStatement

from . import courses, users

IBAN = "CZ6508000000192000145399"


def account(**extra):
    """The account that fees are paid to."""
    settings = PaymentSettings.load()
    settings.iban, settings.bic, settings.holder = IBAN, "GIBACZPX", "Hudební kancelář"
    for name, value in extra.items():
        setattr(settings, name, value)
    settings.save()
    return settings


def paid_run(*, price=900, starts_in=timedelta(days=60), **extra):
    """A published run that costs so many crowns."""
    return courses.run(price=price, starts_in=starts_in, **extra)


def payment(*, of=None, learner=None, at=None, **run):
    """The payment of somebody who has just got a place on a paid run, by the rule."""
    row = rules.enroll(learner or users.user(), of or paid_run(**run), at=at)
    return row.payment


def statement(**extra):
    """A statement to be reviewed, without lines."""
    extra.setdefault("name", "vypis.csv")
    return BankStatement.objects.create(**extra)
