"""What a message to a group says: the office's text, in the reader's language or visibly in another."""

from django.conf import settings
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from academy.mail.letters import composer, kind_labels, letter_from_templates
from academy.mail.news import unsubscribe_address
from courses.models import Circular

from .writing import CIRCULAR, is_recipient

kind_labels[CIRCULAR] = _("Message to a group of a run")


@composer(CIRCULAR)
def circular(message):
    """None for somebody who is in none of its groups any more."""
    found = Circular.objects.select_related("run__course").filter(pk=message.facts["circular"]).first()
    if found is None or not is_recipient(found, message):
        return None
    address = unsubscribe_address(message) if message.is_news else ""
    return letter_of(found, name=message.facts["name"], unsubscribe=address)


def letter_of(circular, *, name, unsubscribe=""):
    """Return the Letter in the language that is active."""
    wanted = get_language()
    languages = sorted((code for code, _label in settings.LANGUAGES), key=lambda code: code != wanted)
    written = next((code for code in languages if getattr(circular, f"body_{code}")), wanted)
    context = {
        "name": name,
        "run": circular.run,
        "course": circular.run.course,
        "own_subject": getattr(circular, f"subject_{written}") or circular.run.course.title,
        "body": getattr(circular, f"body_{written}") or "",
        "written_in": written,
        "other_language": "" if written == wanted else get_language_info(written)["name_translated"],
        "unsubscribe": unsubscribe,
    }
    return letter_from_templates("courses/circulars/letter", context, reply_to=circular.run.reply_to)
