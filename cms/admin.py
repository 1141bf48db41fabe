"""The public pages of a course, made from the course itself in every language at once."""

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from modeltranslation.utils import build_localized_fieldname
from wagtail.models import Locale

from academy.admin.actions import ActionView
from courses.models import Course

from .models import CourseIndexPage, CoursePage


class PagesForm(forms.Form):
    publish = forms.BooleanField(
        label=gettext_lazy("Publish at once"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Otherwise they are drafts, to be published under Pages."),
    )


class MakeCoursePages(ActionView):
    """Make the missing pages of a course, one per language, below that language's catalogue."""

    model = Course
    slug = "make-pages"
    permission = "wagtailadmin.access_admin"
    label = gettext_lazy("Pages on the site")
    submit_label = gettext_lazy("Make the missing pages")
    icon = "doc-empty"
    form_class = PagesForm

    @classmethod
    def is_allowed(cls, user):
        return user.has_perm("courses.view_course") and any(
            index.permissions_for_user(user).can_publish_subpage() for index in CourseIndexPage.objects.all()
        )

    def missing(self):
        """[(locale, catalogue page or None)] of the languages in which the course has no page."""
        catalogues = {index.locale_id: index for index in CourseIndexPage.objects.all()}
        there = set(CoursePage.objects.filter(course=self.object).values_list("locale", flat=True))
        return [(locale, catalogues.get(locale.pk)) for locale in Locale.objects.all() if locale.pk not in there]

    def preview(self):
        pages = CoursePage.objects.filter(course=self.object).select_related("locale")
        sentences = [
            (
                _("%(language)s: published as “%(title)s”.")
                if page.live
                else _("%(language)s: a draft, “%(title)s”. Publish it under Pages.")
            )
            % {"language": page.locale.get_display_name(), "title": page.title}
            for page in pages
        ]
        for locale, catalogue in self.missing():
            if catalogue is None:
                sentence = _("%(language)s: there is no catalogue page yet. Add one under Pages first.")
            elif not self._title(locale):
                sentence = _("%(language)s: the course has no title in this language. Fill it in first.")
            else:
                sentence = _("%(language)s: a page is made from the course’s texts.")
            sentences.append(sentence % {"language": locale.get_display_name()})
        return sentences

    def perform(self, form):
        made = 0
        with transaction.atomic():
            for locale, catalogue in self.missing():
                if catalogue is None or not self._title(locale):
                    continue
                if not catalogue.permissions_for_user(self.request.user).can_add_subpage():
                    continue
                self._make(locale, catalogue, publish=form.cleaned_data["publish"])
                made += 1
        return _("Pages made: %(count)s.") % {"count": made}

    def _make(self, locale, catalogue, *, publish):
        twin = CoursePage.objects.filter(course=self.object).first()
        shared = {"translation_key": twin.translation_key} if twin else {}
        with override(locale.language_code):
            page = catalogue.add_child(
                instance=CoursePage(
                    title=self._title(locale),
                    slug=self._free_slug(catalogue),
                    course=self.object,
                    locale=locale,
                    live=False,
                    owner=self.request.user,
                    **shared,
                )
            )
        revision = page.save_revision(user=self.request.user, log_action=True)
        if publish and catalogue.permissions_for_user(self.request.user).can_publish_subpage():
            revision.publish(user=self.request.user)

    def _free_slug(self, catalogue):
        wanted = slugify(self.object.code)
        taken = set(catalogue.get_children().values_list("slug", flat=True))
        return next(slug for n in range(1, 1000) if (slug := wanted if n == 1 else f"{wanted}-{n}") not in taken)

    def _title(self, locale):
        """The course's title (str) in a language, empty when it has none there."""
        return getattr(self.object, build_localized_fieldname("title", locale.language_code), "") or ""

    def get_return_url(self):
        return reverse(Course.snippet_viewset.get_url_name("inspect"), args=[self.object.pk])
