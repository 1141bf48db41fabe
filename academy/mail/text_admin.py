"""The office's page of each letter: its words in one language, tried out on real data, changed, put back."""

import re

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from academy.links import without_tokens

from .letters import composer_of, composers, samples, trying
from .models import LetterText, LetterTextChange, Message
from .texts import change_text, reset_text, words_of
from .wording import PARTS, letter_names, marked_parts, placeholders, shipped, unknown_placeholders

PERMISSION = "mail.change_lettertext"
RECENT = 20


class LettersMixin(WagtailAdminTemplateMixin):
    header_icon = "mail"

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": reverse("letters"), "label": _("Texts of letters")}]


def title_of(name):
    """What a letter is called (str): its shipped subjects without what they speak of, in the active language."""
    subjects = shipped(name, translation.get_language())["subject"]
    return " / ".join(re.sub(r"[:,]?\s*\{[^}]*\}", "", subject) for subject in subjects) or name


class Letters(LettersMixin, TemplateView):
    """Every letter, with the languages in which the office has words of its own."""

    template_name = "mail/admin/letters.html"
    page_title = gettext_lazy("Texts of letters")

    def get_context_data(self, **kwargs):
        changed = {(text.name, text.language): text for text in LetterText.objects.all() if text.is_changed}
        rows = [
            (title_of(name), [(code, label, name, changed.get((name, code))) for code, label in settings.LANGUAGES])
            for name in letter_names()
        ]
        return super().get_context_data(**kwargs, rows=sorted(rows))


class LetterForm(forms.Form):
    """The office's words; empty means the shipped ones. `sample` chooses what the preview is made of."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    opening = forms.CharField(
        label=gettext_lazy("Opening"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    closing = forms.CharField(
        label=gettext_lazy("Closing"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    sample = forms.ChoiceField(label=gettext_lazy("Show it as sent to"), required=False)

    def __init__(self, *args, letter, language, sample_choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.letter = letter
        self.fields["sample"].choices = sample_choices
        if not sample_choices:
            del self.fields["sample"]
        said = shipped(letter, language)
        for part in PARTS:
            self.fields[part].help_text = _help(said[part], part in {"subject", *marked_parts(letter)}, part)

    def clean(self):
        words = super().clean()
        for part in PARTS:
            for unknown in unknown_placeholders(self.letter, words.get(part, "")):
                self.add_error(
                    part,
                    _("“%(name)s” is no placeholder of this letter.") % {"name": unknown}
                    if unknown not in "{}"
                    else _("A brace in the text belongs to no placeholder."),
                )
        return words

    @property
    def words(self):
        """{part: str} as typed, checked or not."""
        return {part: self[part].value() or "" for part in PARTS}


def _help(lines, is_marked, part):
    if lines:
        return _("Empty means: %(words)s") % {"words": " / ".join(lines)}
    if part == "opening" and not is_marked:
        return _("Added before everything else.")
    return _("Added at the end.")


class EditLetter(LettersMixin, FormView):
    """GET shows; POST keeps, tries out (`preview`) or puts back (`reset`)."""

    template_name = "mail/admin/letter.html"
    form_class = LetterForm

    def dispatch(self, request, *args, **kwargs):
        self.letter, self.language = kwargs["name"], kwargs["language"]
        if self.letter not in letter_names() or self.language not in dict(settings.LANGUAGES):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self):
        return words_of(self.letter, self.language)

    def get_form_kwargs(self):
        self.samples = Samples(self.letter, self.request.user)
        return {
            **super().get_form_kwargs(),
            "letter": self.letter,
            "language": self.language,
            "sample_choices": self.samples.choices,
        }

    def form_valid(self, form):
        if "preview" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        if "reset" in self.request.POST:
            reset_text(self.letter, self.language, by=self.request.user)
            messages.success(self.request, _("The shipped words stand again."))
        else:
            change_text(self.letter, self.language, form.words, by=self.request.user)
            messages.success(self.request, _("The words are kept. Messages sent from now on use them."))
        return redirect("letter", self.letter, self.language)

    def form_invalid(self, form):
        if "reset" in self.request.POST:
            return self.form_valid(form)
        return super().form_invalid(form)

    def get_page_title(self):
        return title_of(self.letter)

    def get_page_subtitle(self):
        return dict(settings.LANGUAGES)[self.language]

    def get_breadcrumbs_items(self):
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        form = context["form"]
        chosen = form["sample"].value() if "sample" in form.fields else None
        words = {code: words_of(self.letter, code) for code, _label in settings.LANGUAGES}
        words[self.language] = form.words
        return {
            **context,
            "languages": [(code, label, code == self.language) for code, label in settings.LANGUAGES],
            "letter": self.letter,
            "placeholders": placeholders(self.letter),
            "previews": self.samples.previews(words, chosen) if form.is_valid() or not form.is_bound else [],
            "is_wrong": form.is_bound and not form.is_valid(),
            "history": LetterTextChange.objects.filter(text__name=self.letter).select_related("by", "text")[:50],
            "is_changed": any(words_of(self.letter, self.language).values()),
        }


class Samples:
    """Real messages on which the words of a letter are tried out: recent ones, and ones that could be sent now."""

    def __init__(self, letter, user):
        self.kind = composer_of(letter)
        self.messages = {}
        if self.kind is None:
            return
        for message in Message.objects.filter(kind=self.kind).visible_to(user)[:RECENT]:
            self.messages[f"m{message.pk}"] = (message, _("message to %(address)s") % {"address": message.to})
        for offer in samples.values():
            for recipient, facts, label in offer(self.kind):
                message = Message(kind=self.kind, recipient=recipient, to=recipient.email, facts=facts)
                self.messages[f"s{len(self.messages)}"] = (message, label)

    @property
    def choices(self):
        return [(key, label) for key, (_message, label) in self.messages.items()]

    def previews(self, words, chosen):
        """[(language, Letter, HTML, text)] with `words` ({language: {part: str}}), the latter two without tokens.

        Of the first sample that can be shown, if none is chosen.
        """
        keys = [chosen] if chosen in self.messages else list(self.messages)
        for key in keys:
            shown = [(code, self._compose(key, code, words[code])) for code, _label in settings.LANGUAGES]
            if all(letter for _code, letter in shown):
                names = dict(settings.LANGUAGES)
                return [
                    (names[code], letter, without_tokens(letter.html), without_tokens(letter.text))
                    for code, letter in shown
                ]
        return []

    def _compose(self, key, language, words):
        message = self.messages[key][0]
        message.language = language
        with translation.override(language), trying(words):
            try:
                letter = composers[self.kind](message)
            except KeyError:
                # This kind of letter speaks of more than an enrollment that was never in such a state has.
                return None
        return None if letter is None or letter.is_private else letter


def routes():
    return [
        path("letters/", Letters.as_view(), name="letters"),
        path("letters/<path:name>/<slug:language>/", EditLetter.as_view(), name="letter"),
    ]
