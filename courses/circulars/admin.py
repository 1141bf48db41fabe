"""The office's page for writing to groups of a run: who, what, how it looks, and only then sending."""

import uuid

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from academy.admin.actions import ActionView
from academy.mail.models import Bounce
from courses.models import Circular, CourseRun

from .letters import letter_of
from .writing import compose, recipients, write


class CircularForm(forms.Form):
    """To whom, and the text in each language; at least one language is needed."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("To whom"), choices=Circular.Group.choices, widget=forms.CheckboxSelectMultiple
    )
    is_news = forms.BooleanField(
        label=gettext_lazy("This is news"),
        required=False,
        help_text=Circular._meta.get_field("is_news").help_text,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid.uuid4
        for code, language in settings.LANGUAGES:
            self.fields[f"subject_{code}"] = forms.CharField(
                label=_("Subject (%(language)s)") % {"language": language}, max_length=200, required=False
            )
            self.fields[f"body_{code}"] = forms.CharField(
                label=_("Text (%(language)s)") % {"language": language},
                max_length=10_000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 8}),
                help_text=_("An empty line starts a paragraph. The greeting is added."),
            )

    @property
    def texts(self):
        """{language: (subject, body)} as typed."""
        given = self.cleaned_data
        return {code: (given[f"subject_{code}"], given[f"body_{code}"]) for code, _label in settings.LANGUAGES}

    def clean(self):
        cleaned = super().clean()
        written = 0
        for code, _label in settings.LANGUAGES:
            subject, body = (cleaned.get(f"{part}_{code}", "").strip() for part in ("subject", "body"))
            written += bool(subject and body)
            if bool(subject) != bool(body):
                empty = f"body_{code}" if subject else f"subject_{code}"
                self.add_error(empty, _("A message needs both a subject and a text."))
        if not written and not self.errors:
            raise forms.ValidationError(_("Write the subject and the text in at least one language."))
        return cleaned


class WriteToRun(ActionView):
    model = CourseRun
    slug = "write"
    permission = "courses.change_courserun"
    label = gettext_lazy("Write to people")
    icon = "mail"
    form_class = CircularForm
    has_two_steps = True
    template_name = "courses/circulars/write.html"
    submit_label = gettext_lazy("Send")

    def get_queryset(self):
        return CourseRun.objects.select_related("course")

    def preview(self):
        return [
            _("Everybody gets a message of their own in their language; nobody sees the others."),
            _("What you send stands in the log of messages, under this run."),
        ]

    def consequences(self, form):
        people = recipients(self.object, form.cleaned_data["groups"])
        if not people:
            return [_("There is nobody in these groups.")]
        count = len(people)
        sentences = [ngettext("%(n)s person gets it.", "%(n)s people get it.", count) % {"n": count}]
        texts = form.texts
        for code, language in settings.LANGUAGES:
            readers = [one for one in people if one.language == code]
            if readers and not texts[code][1].strip():
                sentences.append(
                    ngettext(
                        "%(n)s person reads %(language)s and gets the other language, with a word about it.",
                        "%(n)s people read %(language)s and get the other language, with a word about it.",
                        len(readers),
                    )
                    % {"n": len(readers), "language": language}
                )
        returned = Bounce.objects.standing().filter(email__in=[one.address.lower() for one in people])
        if addresses := sorted(set(returned.values_list("email", flat=True))):
            sentences.append(
                _("Mail to these addresses has come back: %(addresses)s.") % {"addresses": ", ".join(addresses)}
            )
        return sentences

    def perform(self, form):
        given = form.cleaned_data
        write(
            self.object,
            form.texts,
            given["groups"],
            is_news=given["is_news"],
            by=self.request.user,
            token=given["token"],
        )
        return _("The message is queued for everybody.")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        form = context["form"]
        return {**context, "letters": self._letters(form) if context.get("consequences") else []}

    def _letters(self, form):
        circular = compose(self.object, form.texts, form.cleaned_data["groups"], is_news=form.cleaned_data["is_news"])
        shown = []
        for code, language in settings.LANGUAGES:
            with translation.override(code):
                shown.append((language, letter_of(circular, name=_("(name)"))))
        return shown
