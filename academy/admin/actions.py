"""Actions: admin pages that show what will happen, then call a rule.

One class per verb says everything about it: which row, who may, what it is
called, what it asks, what it will do, and which rule does it.

    class CancelRun(ActionView):
        model = CourseRun
        slug = "cancel"
        permission = "courses.change_courserun"
        label = _("Cancel run")
        form_class = ReasonForm

        @classmethod
        def is_offered(cls, run, user): ...
        def preview(self): return [sentence, ...]
        def perform(self, form): cancel_run(self.object, ...); return sentence
"""

from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic.edit import FormView
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button

from academy.errors import RuleError


class ReasonForm(forms.Form):
    """Why; kept with the change and, where people are told, in their mail."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class ActionView(WagtailAdminTemplateMixin, FormView):
    """GET shows what will happen and asks; POST calls the rule and goes back to the row.

    A refusal by the rule is shown above the form, with everything that was filled in.
    With `has_two_steps`, what happens depends on what is filled in: the first POST
    shows consequences(), and only the second, confirmed one calls the rule.
    """

    model = None
    slug = ""
    permission = ""
    label = ""
    icon = "check"
    is_serious = False
    has_two_steps = False
    form_class = forms.Form
    template_name = "academy/admin/action.html"
    submit_label = None

    @classmethod
    def url_name(cls):
        return f"admin_{cls.model._meta.model_name}_{cls.slug.replace('-', '_')}"

    @classmethod
    def route(cls):
        return path(f"{cls.model._meta.model_name}/<int:pk>/{cls.slug}/", cls.as_view(), name=cls.url_name())

    @classmethod
    def is_offered(cls, instance, user):
        """Whether a button makes sense for the row as it stands (no queries: lists call this for every row)."""
        return True

    @classmethod
    def is_allowed(cls, user):
        return user.has_perm(cls.permission)

    @classmethod
    def button(cls, instance, *, next_url="", priority=40):
        url = reverse(cls.url_name(), args=[instance.pk])
        return Button(
            cls.label,
            url=f"{url}?{urlencode({'next': next_url})}" if next_url else url,
            icon_name=cls.icon,
            classname="serious" if cls.is_serious else "",
            priority=priority,
        )

    def get_queryset(self):
        return self.model._default_manager.all()

    def dispatch(self, request, *args, **kwargs):
        if not self.is_allowed(request.user):
            raise PermissionDenied
        self.object = get_object_or_404(self.get_queryset(), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def preview(self):
        """Sentences (list of str) that say what will happen and who is told."""
        return []

    def consequences(self, form):
        """Sentences (list of str) on what these values would do, shown before they are confirmed."""
        return []

    def perform(self, form):
        """Call the rule; return the sentence that says what was done."""
        raise NotImplementedError

    def form_valid(self, form):
        if self.has_two_steps and "confirmed" not in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form, consequences=self.consequences(form)))
        try:
            done = self.perform(form)
        except RuleError as error:
            form.add_error(None, error.sentence)
            return self.form_invalid(form)
        messages.success(self.request, done)
        return redirect(self.get_success_url())

    def get_success_url(self):
        return get_valid_next_url_from_request(self.request) or self.get_return_url()

    def get_return_url(self):
        return reverse(self.model.snippet_viewset.get_url_name("inspect"), args=[self.object.pk])

    def get_page_title(self):
        return self.label

    def get_page_subtitle(self):
        return str(self.object)

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": self.get_return_url(), "label": str(self.object)},
            {"url": "", "label": self.label, "sublabel": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            object=self.object,
            preview=self.preview(),
            submit_label=self.submit_label or self.label,
            has_two_steps=self.has_two_steps,
            is_serious=self.is_serious,
            next_url=get_valid_next_url_from_request(self.request),
            return_url=self.get_success_url(),
        )


def action_buttons(actions, instance, user, *, next_url=""):
    """Buttons of those actions that the user may do and that make sense for the row."""
    return [
        action.button(instance, next_url=next_url, priority=40 + position)
        for position, action in enumerate(actions)
        if action.is_allowed(user) and action.is_offered(instance, user)
    ]
