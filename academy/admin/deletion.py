"""Refuse, in a sentence, to delete what something else depends on."""

from collections import Counter

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import router
from django.db.models import ProtectedError, RestrictedError
from django.db.models.deletion import Collector
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin import messages
from wagtail.admin.panels import InlinePanel


def refusal(instance):
    """Return the sentence (str) that says why `instance` cannot be deleted, or None if it can.

    Asks the same collector that a deletion would use, so grandchildren count too.
    """
    collector = Collector(using=router.db_for_write(type(instance), instance=instance), origin=instance)
    try:
        collector.collect([instance])
    except ProtectedError as error:
        dependent = error.protected_objects
    except RestrictedError as error:
        dependent = error.restricted_objects
    else:
        return None
    counted = Counter(type(row) for row in dependent)
    kinds = ", ".join(f"{model._meta.verbose_name_plural} ({n})" for model, n in counted.items())
    return _("%(what)s “%(name)s” cannot be deleted, because something depends on it: %(kinds)s.") % {
        "what": capfirst(instance._meta.verbose_name),
        "name": instance,
        "kinds": kinds,
    }


def refuse_deletion_of_needed_rows(request, instances):
    """Hook before_delete_snippet, for one row and for many: say why, and delete nothing."""
    refusals = [sentence for instance in instances if (sentence := refusal(instance))]
    if not refusals:
        return None
    for sentence in refusals:
        messages.error(request, sentence)
    return redirect(instances[0].snippet_viewset.get_url_name("list"))


def refuse_deletion_of_needed_user(request, user):
    """Hook before_delete_user: the same for a person's account."""
    if sentence := refusal(user):
        messages.error(request, sentence)
        return redirect("wagtailusers_users:edit", user.pk)
    return None


def refuse_bulk_deletion_of_needed_users(request, action_type, objects, action):
    """Hook before_bulk_action: the same for many accounts at once."""
    if action_type != "delete" or not issubclass(action.model, get_user_model()):
        return None
    refusals = [sentence for user in objects if (sentence := refusal(user))]
    for sentence in refusals:
        messages.error(request, sentence)
    return redirect("wagtailusers_users:index") if refusals else None


class ProtectedChildFormSet(BaseChildFormSet):
    """Inline rows of which those that something depends on cannot be removed: a form error, not a 500."""

    def clean(self):
        super().clean()
        refusals = [
            sentence for form in self.deleted_forms if form.instance.pk and (sentence := refusal(form.instance))
        ]
        if refusals:
            raise ValidationError(refusals)


class ProtectedInlinePanel(InlinePanel):
    """InlinePanel that uses ProtectedChildFormSet; `formset` and `form` may name subclasses."""

    def __init__(self, *args, formset=ProtectedChildFormSet, form=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.formset, self.form = formset, form

    def clone_kwargs(self):
        return {**super().clone_kwargs(), "formset": self.formset, "form": self.form}

    def get_form_options(self):
        options = super().get_form_options()
        ours = {"formset": self.formset}
        if self.form:
            ours["form"] = self.form
        options["formsets"][self.relation_name].update(ours)
        return options
