"""What a visitor narrows the catalogue by: a plain GET form, remembered in the address."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from courses.models import Level, Mode
from courses.run_state import RunState

from . import search
from .folding import words_of
from .selects import choice


class Filters:
    """Decides which courses and which of their runs stay in the list. Unknown values are left out, not refused.

    Words are looked up in the search index: one query for each.
    """

    def __init__(self, values):
        self.text = values.get("q") or ""
        self.segment = values.get("segment") or ""
        self.level = values.get("level") or ""
        self.mode = values.get("mode") or ""
        self.language = values.get("language") or ""
        self.town = values.get("town") or ""
        self.free = bool(values.get("free"))
        self._words = words_of(self.text)[: search.WORDS_AT_MOST]
        self._found = search.courses_by_word(self._words)

    def __bool__(self):
        of_course = self.text or self.segment or self.level
        return bool(of_course or self.mode or self.language or self.town or self.free)

    def keep(self, course):
        """Whether the course (row of catalogue.courses) stays; takes away those of its runs that do not match."""
        if self.segment and self.segment not in [segment["slug"] for segment in course["segments"]]:
            return False
        if self.level and course["level"] != self.level:
            return False
        if self._words and not self._says(course):
            return False
        if not (self.mode or self.language or self.town or self.free):
            return True
        had_runs = bool(course["runs"])
        course["runs"] = [run for run in course["runs"] if self._keep_run(run)]
        if course["runs"]:
            return True
        # A course without a date is still found by how and in what language it is taught.
        return not (had_runs or self.town or self.free) and self._taught_so(course)

    def _keep_run(self, run):
        return (
            self._taught_so(run)
            and (not self.town or self.town in run["towns"])
            and (not self.free or run["state"] == RunState.OPEN)
        )

    def _taught_so(self, row):
        return (not self.mode or row["mode"] == self.mode) and (not self.language or row["language"] == self.language)

    def _says(self, course):
        """Whether each word stands in the texts of the course or names a town where it is taught soon."""
        towns = {part for run in course["runs"] for town in run["towns"] for part in words_of(town)}
        return all(
            course["course_id"] in self._found[word] or any(town.startswith(word) for town in towns)
            for word in self._words
        )


class FilterForm(forms.Form):
    """The form of the catalogue. Its options are what there is to choose from now."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100, widget=forms.SearchInput)
    segment = choice(_("Subject"))
    mode = choice(_("How"))
    town = choice(_("Town"))
    language = choice(_("Taught in"))
    level = choice(_("Level"))
    free = forms.BooleanField(label=_("Only with free places"), required=False)

    use_required_attribute = False

    def __init__(self, data, *, segments, towns):
        super().__init__(data)
        any_choice = ("", _("Any"))
        self.fields["segment"].choices = [any_choice, *((row["slug"], row["name"]) for row in segments)]
        self.fields["mode"].choices = [any_choice, *Mode.choices]
        self.fields["town"].choices = [any_choice, *((town, town) for town in towns)]
        self.fields["language"].choices = [any_choice, *settings.LANGUAGES]
        self.fields["level"].choices = [any_choice, *Level.choices]


class SearchForm(forms.Form):
    """What to look for on the whole site."""

    q = forms.CharField(label=_("What to look for"), required=False, max_length=100, widget=forms.SearchInput)

    use_required_attribute = False
