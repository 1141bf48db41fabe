"""The form that a run's questions make. It keeps everything that was typed, files too."""

import datetime
from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from . import kinds
from .answering import Given
from .models import Question

Kind = Question.Kind
NOT_SAID = "not-said"
# What a draft may hold in a field that is not checked yet.
DRAFT_LENGTH = 20_000


def field_name(question):
    return f"q{question.pk}"


class LimitedText(forms.CharField):
    """Text with a limit counted in characters, a line break as one. The browser does not cut what is pasted."""

    def __init__(self, *, limit, **kwargs):
        super().__init__(**kwargs)
        self.limit = limit

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")

    def validate(self, value):
        super().validate(value)
        if len(value) > self.limit:
            raise ValidationError(
                ngettext_lazy(
                    "The text has %(length)s characters, at most %(count)s fits. Shorten it.",
                    "The text has %(length)s characters, at most %(count)s fit. Shorten it.",
                    self.limit,
                )
                % {"length": len(value), "count": self.limit}
            )


class AnswerUpload(forms.FileField):
    """A file whose extension, content and size are checked; one that is kept already need not be chosen again."""

    def __init__(self, *, question, kept=None, **kwargs):
        super().__init__(**kwargs)
        self.question, self.kept = question, kept
        self.widget.attrs["accept"] = ",".join(f".{name}" for name in question.allowed_types)

    def clean(self, data, initial=None):
        upload = super().clean(data, initial or self.kept)
        if upload is self.kept or not upload:
            return upload
        allowed = self.question.allowed_types
        named = kinds.extension(upload.name)
        if named not in {kinds.extension(name) for name in allowed}:
            raise ValidationError(
                _("“%(name)s” is not of a type that is taken here: %(types)s."),
                params={"name": upload.name, "types": ", ".join(allowed)},
            )
        limit = self.question.max_megabytes * 1024 * 1024
        if upload.size > limit:
            raise ValidationError(
                _("“%(name)s” has %(size)s, at most %(limit)s is taken."),
                params={"name": upload.name, "size": filesizeformat(upload.size), "limit": filesizeformat(limit)},
            )
        if not kinds.is_really(named, upload):
            raise ValidationError(
                _("“%(name)s” is not a %(type)s file inside. Save it as one and choose it again."),
                params={"name": upload.name, "type": named.upper()},
            )
        return upload


class QuestionsForm(forms.Form):
    """A form with the fields of `questions` (from asking.asked) and `statistics` added to its own.

    `kept` is {question id: AnswerFile} of files that are there already; `is_draft`
    takes what is incomplete or not right yet. given() and said() read what was filled in.
    """

    def __init__(self, *args, questions=(), statistics=(), kept=None, is_draft=False, initial=None, **kwargs):
        self.questions, self.statistics, self.kept, self.is_draft = questions, statistics, kept or {}, is_draft
        super().__init__(*args, initial=initial, **kwargs)
        for question in questions:
            name = field_name(question)
            self.fields[name] = self._field(question)
            if kept := self.kept.get(question.pk):
                self.fields[f"{name}-remove"] = forms.BooleanField(
                    label=_("Remove the file “%(name)s”") % {"name": kept.name}, required=False
                )
        for question in statistics:
            self.fields[f"s{question.pk}"] = _statistics_field(question)

    def _field(self, question):
        common = {"label": question.label, "required": question.is_required and not self.is_draft}
        match question.kind:
            case Kind.SHORT_TEXT:
                return LimitedText(limit=self._limit(question), help_text=_help(question), **common)
            case Kind.LONG_TEXT:
                return LimitedText(
                    limit=self._limit(question),
                    help_text=_help(question, _at_most(question.most_characters)),
                    widget=forms.Textarea(attrs={"rows": 6}),
                    **common,
                )
            case Kind.SINGLE_CHOICE:
                return self._choice_field(question, common)
            case Kind.MULTIPLE_CHOICE:
                return forms.MultipleChoiceField(
                    choices=_choices(question), widget=forms.CheckboxSelectMultiple, help_text=_help(question), **common
                )
            case Kind.CONSENT:
                missing = {"required": _("Without this consent the form cannot be sent.")}
                return forms.BooleanField(help_text=_help(question), error_messages=missing, **common)
            case Kind.FILE:
                return AnswerUpload(
                    question=question,
                    kept=self.kept.get(question.pk),
                    help_text=_help(question, *_about_file(question, self.kept.get(question.pk))),
                    **common,
                )
            case Kind.NUMBER:
                return self._number_field(question, common)
            case Kind.DATE:
                widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
                if self.is_draft:
                    return LimitedText(limit=DRAFT_LENGTH, widget=widget, help_text=_help(question), **common)
                return forms.DateField(widget=widget, help_text=_help(question), **common)
            case Kind.URL:
                widget = forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"})
                hint = _help(question)
                if self.is_draft:
                    return LimitedText(limit=DRAFT_LENGTH, widget=widget, help_text=hint, **common)
                return forms.URLField(assume_scheme="https", widget=widget, help_text=hint, **common)
        raise ValueError(f"unknown kind of question: {question.kind}")

    def _limit(self, question):
        return max(question.most_characters, DRAFT_LENGTH) if self.is_draft else question.most_characters

    def _choice_field(self, question, common):
        choices = _choices(question)
        if len(choices) > 10:
            choices = [("", _("Choose")), *choices]
            return forms.ChoiceField(choices=choices, help_text=_help(question), **common)
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, help_text=_help(question), **common)

    def _number_field(self, question, common):
        widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 12})
        hint = _help(question, *_about_number(question))
        if self.is_draft:
            return LimitedText(limit=DRAFT_LENGTH, widget=widget, help_text=hint, **common)
        field = forms.DecimalField(
            min_value=question.minimum,
            max_value=question.maximum,
            max_digits=14,
            decimal_places=2,
            localize=True,
            widget=widget,
            help_text=hint,
            **common,
        )
        return field

    def given(self, stored=None):
        """Return [Given, ...] of what is valid; `stored` is {question id: AnswerFile} of files uploaded now."""
        stored = stored or {}
        found = []
        for question in self.questions:
            name = field_name(question)
            if name not in self.cleaned_data:
                continue
            value = self.cleaned_data[name]
            if question.kind == Kind.FILE:
                file = stored.get(question.pk) or (None if self._is_removed(name) else self.kept.get(question.pk))
                found.append(Given(question, file.name if file else None, file))
            else:
                found.append(Given(question, _as_json(value)))
        return found

    def clean(self):
        data = super().clean()
        for question in self.questions:
            name = field_name(question)
            if question.kind == Kind.FILE and self._is_removed(name) and not self.files.get(self.add_prefix(name)):
                if self.fields[name].required and name in self.cleaned_data:
                    self.add_error(name, self.fields[name].error_messages["required"])
        return data

    def _is_removed(self, name):
        return bool(self.cleaned_data.get(f"{name}-remove"))

    def uploads(self):
        """Return {question id: upload} of valid files that were chosen now, for files.keep()."""
        return {
            question.pk: self.cleaned_data[field_name(question)]
            for question in self.questions
            if question.kind == Kind.FILE
            and self.cleaned_data.get(field_name(question))
            and self.cleaned_data[field_name(question)] is not self.kept.get(question.pk)
        }

    def removed(self):
        """Return the ids (set of int) of questions whose kept file is to go."""
        return {question.pk for question in self.questions if self._is_removed(field_name(question))}

    def said(self):
        """Return {StatisticsQuestion: StatisticsChoice or None}; passing over counts as not saying."""
        found = {}
        for question in self.statistics:
            picked = self.cleaned_data.get(f"s{question.pk}")
            found[question] = next((choice for choice in question.choices.all() if str(choice.pk) == picked), None)
        return found

    def typed(self):
        """Return what was filled in (dict, JSON-ready) for initial_of(); files are kept apart."""
        return {
            name: _as_json(value)
            for name, value in self.cleaned_data.items()
            if not isinstance(self.fields[name], AnswerUpload) and not name.endswith("-remove")
        }


def initial_of(questions, values):
    """Return the initial (dict) of a QuestionsForm from values as typed() has them."""
    initial = dict(values)
    for question in questions:
        name = field_name(question)
        if name in initial:
            initial[name] = _from_json(question, initial[name])
    return initial


def values_of(answers):
    """Return what typed() would, from the Answers (iterable) that are stored."""
    return {f"q{answer.question_id}": answer.value for answer in answers if not answer.file_id}


def _as_json(value):
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, datetime.date) else value


def _from_json(question, value):
    """The value as its field shows it; what a draft holds and no field understands stays as it was typed."""
    try:
        if question.kind == Kind.NUMBER and value:
            return Decimal(value)
        if question.kind == Kind.DATE and value:
            return datetime.date.fromisoformat(value)
    except (InvalidOperation, ValueError):
        return value
    return value


def _choices(question):
    return [(str(choice.pk), choice.label) for choice in question.choices.all()]


def _statistics_field(question):
    choices = [(str(choice.pk), choice.label) for choice in question.choices.all()]
    choices.append((NOT_SAID, _("Prefer not to say")))
    widget = forms.RadioSelect
    if len(choices) > 10:
        choices, widget = [("", _("Choose")), *choices], forms.Select
    return forms.ChoiceField(
        label=question.label,
        help_text=_("For totals only: nobody sees it with your name, and it decides nothing."),
        choices=choices,
        widget=widget,
        required=False,
    )


def _help(question, *more):
    """The question's help and what is to be known besides, as HTML."""
    parts = [conditional_escape(question.help)] if question.help else []
    parts += [conditional_escape(part) for part in more]
    if question.is_sensitive:
        parts.append(
            conditional_escape(_("Only named people in the office see this, and it is deleted after the course."))
        )
    return mark_safe(" ".join(parts))  # noqa: S308  every part was escaped one line above


def _at_most(count):
    return ngettext_lazy("At most %(count)s character.", "At most %(count)s characters.", count) % {"count": count}


def _about_number(question):
    if question.minimum is not None and question.maximum is not None:
        low, high = (localize(bound.normalize()) for bound in (question.minimum, question.maximum))
        return [_("From %(low)s to %(high)s.") % {"low": low, "high": high}]
    return []


def _about_file(question, kept):
    about = [
        _("%(types)s, at most %(limit)s.")
        % {
            "types": ", ".join(name.upper() for name in question.allowed_types),
            "limit": filesizeformat(question.max_megabytes * 1024 * 1024),
        }
    ]
    if kept:
        about.append(
            format_html(
                _("We have “{name}” ({size}). Choose another file only to replace it."),
                name=kept.name,
                size=filesizeformat(kept.size),
            )
        )
    return about
