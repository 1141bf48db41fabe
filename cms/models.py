"""Page types: the public face of courses, curricula and mentors, and plain texts."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import Page, PageViewRestriction
from wagtail.search import index

from academy.admin.panels import TranslatedModelForm, translated_columns
from courses.models import Course, CourseRun, Curriculum, Segment
from courses.payments.iban import validate_bic, validate_iban

from .blocks import TextStreamBlock
from .folding import fold

# The modules that read for a page build on these models, so the pages import them when they are asked for.


class BasePage(Page):
    """What all pages have: a lead sentence. Texts only; nothing that anybody depends on lives on a page."""

    lead = models.CharField(_("lead"), max_length=400, blank=True, help_text=_("One or two sentences under the title."))

    content_panels = [*Page.content_panels, "lead"]
    search_fields = [*Page.search_fields, index.SearchField("lead"), index.AutocompleteField("searched_text")]

    class Meta:
        abstract = True

    def searched_text(self):
        """All that a search of visitors looks through (str), folded; see cms/search.py."""
        with override(self.locale.language_code):
            return fold(" ".join(text for text in self.texts_to_search() if text))

    def texts_to_search(self):
        """The texts (list of str) of this page in its language, those of the record it shows included."""
        parts = [self.title, self.lead]
        for field in self._meta.get_fields():
            if isinstance(field, StreamField):
                parts += field.get_searchable_content(getattr(self, field.name))
        return parts

    def summary_for_lists(self):
        """What a list of results says where the page has no lead (str)."""
        return ""

    def kind_for_lists(self):
        """What a list of results calls such a page (str)."""
        return self._meta.verbose_name

    def get_view_restrictions(self):
        """As Wagtail's, without asking for every ancestor on a site that restricts nothing."""
        if PageViewRestriction.objects.exists():
            return super().get_view_restrictions()
        return PageViewRestriction.objects.none()


class HomePage(BasePage):
    """The front page: the next dates, the paths, who we are."""

    about = StreamField(TextStreamBlock(), verbose_name=_("about us"), blank=True)

    content_panels = [*BasePage.content_panels, "about"]
    max_count_per_parent = 1
    parent_page_types = ["wagtailcore.Page"]
    template = "cms/home_page.html"

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")

    def get_context(self, request, *args, **kwargs):
        from . import front  # noqa: PLC0415  see the top

        return {**super().get_context(request, *args, **kwargs), **front.context_of_home(timezone.now())}


class StandardPage(BasePage):
    """A plain text page."""

    body = StreamField(TextStreamBlock(), verbose_name=_("text"), blank=True)

    content_panels = [*BasePage.content_panels, "body"]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]
    template = "cms/standard_page.html"

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")

    def get_context(self, request, *args, **kwargs):
        from . import front  # noqa: PLC0415  see the top

        return {**super().get_context(request, *args, **kwargs), "pages_below": front.pages_below(self)}


class CourseIndexPage(BasePage):
    """The catalogue."""

    subpage_types = ["cms.CoursePage"]
    max_count_per_parent = 1
    template = "cms/course_index_page.html"

    class Meta:
        verbose_name = _("catalogue")
        verbose_name_plural = _("catalogues")

    def get_context(self, request, *args, **kwargs):
        from . import front  # noqa: PLC0415  see the top

        return {
            **super().get_context(request, *args, **kwargs),
            **front.context_of_catalogue(request.GET, timezone.now()),
        }


class CoursePage(BasePage):
    """The public face of a course in one language.

    Several pages may point at one course (one per language); a page may be
    deleted or copied without touching any enrollment.
    """

    course = models.ForeignKey(Course, models.PROTECT, related_name="pages", verbose_name=_("course"))
    body = StreamField(
        TextStreamBlock(),
        verbose_name=_("more about the course"),
        blank=True,
        help_text=_("Shown under the description, which comes from the course."),
    )
    photo = models.ForeignKey(
        "wagtailimages.Image",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("photograph"),
        help_text=_("Instead of the drawing made from the course's code."),
    )

    content_panels = [*Page.content_panels, FieldPanel("course"), "lead", "body", "photo"]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("body"),
        index.RelatedFields(
            "course",
            [
                index.SearchField("title"),
                index.SearchField("summary"),
                index.SearchField("description"),
            ],
        ),
    ]
    parent_page_types = ["cms.CourseIndexPage"]
    subpage_types = []
    fetched_with = ["course"]
    template = "cms/course_page.html"

    class Meta:
        verbose_name = _("course page")
        verbose_name_plural = _("course pages")

    def texts_to_search(self):
        course = self.course
        segments = [segment.name for segment in course.segments.all()]
        texts = [course.code, course.title, course.summary, course.description, course.for_whom]
        return [*super().texts_to_search(), *texts, *segments]

    def summary_for_lists(self):
        return self.course.summary

    def kind_for_lists(self):
        return self.course._meta.verbose_name

    def get_context(self, request, *args, **kwargs):
        from . import course_facts  # noqa: PLC0415  see the top

        facts = course_facts.context_of(self, self.course, timezone.now(), user=request.user)
        return {**super().get_context(request, *args, **kwargs), **facts}

    def clean(self):
        super().clean()
        # The locale sits on the base table, so no constraint can span both columns.
        others = CoursePage.objects.filter(course=self.course_id, locale=self.locale_id).exclude(pk=self.pk)
        if self.course_id and self.locale_id and others.exists():
            raise ValidationError({"course": _("This course already has a page in this language.")})


class ArticleIndexPage(BasePage):
    """News and good practice, the newest first."""

    subpage_types = ["cms.ArticlePage"]
    max_count_per_parent = 1
    template = "cms/article_index_page.html"

    class Meta:
        verbose_name = _("list of articles")
        verbose_name_plural = _("lists of articles")

    def get_context(self, request, *args, **kwargs):
        from . import articles  # noqa: PLC0415  see the top

        return {**super().get_context(request, *args, **kwargs), **articles.context_of_index(self, request.GET)}


class ArticlePage(BasePage):
    """One piece of news, an article or an example of good practice."""

    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        GOOD_PRACTICE = "good_practice", _("Good practice")
        ANNOUNCEMENT = "announcement", _("Announcement")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.ARTICLE)
    published_on = models.DateField(_("date"), default=timezone.localdate)
    segments = ParentalManyToManyField(Segment, verbose_name=_("segments"), related_name="articles", blank=True)
    body = StreamField(TextStreamBlock(), verbose_name=_("text"), blank=True)

    content_panels = [*BasePage.content_panels, "kind", "published_on", "segments", "body"]
    search_fields = [*BasePage.search_fields, index.SearchField("body"), index.FilterField("published_on")]
    parent_page_types = ["cms.ArticleIndexPage"]
    subpage_types = []
    template = "cms/article_page.html"

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def get_context(self, request, *args, **kwargs):
        from . import articles  # noqa: PLC0415  see the top

        return {**super().get_context(request, *args, **kwargs), **articles.context_of_article(self)}


class MentorIndexPage(RoutablePageMixin, BasePage):
    """The list of mentors; each mentor has an address below it."""

    subpage_types = []
    max_count_per_parent = 1
    template = "cms/mentor_index_page.html"

    class Meta:
        verbose_name = _("list of mentors")
        verbose_name_plural = _("lists of mentors")

    @path("")
    def index(self, request):
        from . import mentors  # noqa: PLC0415  see the top

        return self.render(request, context_overrides=mentors.context_of_index(request.GET, timezone.now()))

    @path("<slug:slug>/")
    def mentor(self, request, slug):
        from . import mentors  # noqa: PLC0415  see the top

        context = {**self.get_context(request), **mentors.context_of_mentor(self, slug, timezone.now())}
        return TemplateResponse(request, "cms/mentor.html", context)


class CurriculumPage(BasePage):
    """The public face of a learning path in one language."""

    curriculum = models.ForeignKey(Curriculum, models.PROTECT, related_name="pages", verbose_name=_("curriculum"))
    body = StreamField(TextStreamBlock(), verbose_name=_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("curriculum"), "lead", "body"]
    fetched_with = ["curriculum"]
    template = "cms/curriculum_page.html"

    class Meta:
        verbose_name = _("learning path page")
        verbose_name_plural = _("learning path pages")

    def texts_to_search(self):
        return [*super().texts_to_search(), self.curriculum.title, self.curriculum.summary]

    def summary_for_lists(self):
        return self.curriculum.summary

    def kind_for_lists(self):
        return self.curriculum._meta.verbose_name

    def get_context(self, request, *args, **kwargs):
        from . import front  # noqa: PLC0415  see the top

        facts = front.context_of_curriculum(self.curriculum, timezone.now())
        return {**super().get_context(request, *args, **kwargs), **facts}


@register_setting(icon="form")
class PaymentSettings(BaseGenericSetting):
    """The account that fees are paid to. Not everybody who edits texts may change it."""

    iban = models.CharField(
        _("IBAN"),
        max_length=42,
        blank=True,
        validators=[validate_iban],
        help_text=_("The account that fees are paid to. Empty: pages say that the office will write how to pay."),
    )
    bic = models.CharField(_("BIC"), max_length=11, blank=True, validators=[validate_bic])
    holder = models.CharField(_("account holder"), max_length=70, blank=True)

    class Meta:
        verbose_name = _("payments")


class CallIndexPage(BasePage):
    """Open calls, those that open later, and past ones with the date of their results."""

    subpage_types = ["cms.CallPage"]
    max_count_per_parent = 1
    template = "cms/call_index_page.html"

    class Meta:
        verbose_name = _("list of calls")
        verbose_name_plural = _("lists of calls")

    def get_context(self, request, *args, **kwargs):
        from . import calls  # noqa: PLC0415  see the top

        return {**super().get_context(request, *args, **kwargs), **calls.context_of_index(timezone.now())}


class CallPage(BasePage):
    """The public face of an open call in one language: what is offered, to whom, by what it is judged.

    Dates, criteria and places come from the run and its selection; applying is enrolling in the run.
    """

    run = models.ForeignKey(
        CourseRun,
        models.PROTECT,
        related_name="call_pages",
        verbose_name=_("run"),
        limit_choices_to={"entry": CourseRun.Entry.CALL},
    )
    offered = StreamField(TextStreamBlock(), verbose_name=_("what is offered"), blank=True)
    eligibility = StreamField(
        TextStreamBlock(),
        verbose_name=_("who can apply"),
        blank=True,
        help_text=_("The conditions that the office checks before the jury reads the application."),
    )
    body = StreamField(TextStreamBlock(), verbose_name=_("more about the call"), blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("run", widget=forms.Select),
        "lead",
        "offered",
        "eligibility",
        "body",
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("offered"),
        index.SearchField("eligibility"),
        index.SearchField("body"),
    ]
    parent_page_types = ["cms.CallIndexPage"]
    subpage_types = []
    fetched_with = ["run__course"]
    template = "cms/call_page.html"

    class Meta:
        verbose_name = _("open call")
        verbose_name_plural = _("open calls")

    def get_context(self, request, *args, **kwargs):
        from . import calls  # noqa: PLC0415  see the top

        facts = calls.context_of(self.run, timezone.now(), user=request.user)
        return {**super().get_context(request, *args, **kwargs), **facts}

    def clean(self):
        super().clean()
        # The locale sits on the base table, so no constraint can span both columns.
        others = CallPage.objects.filter(run=self.run_id, locale=self.locale_id).exclude(pk=self.pk)
        if self.run_id and self.locale_id and others.exists():
            raise ValidationError({"run": _("This call already has a page in this language.")})


@register_setting(icon="site")
class SiteSettings(BaseGenericSetting):
    """Who runs the site: names, address and contact as printed in the footer and on certificates."""

    name = models.CharField(_("name"), max_length=120)
    tagline = models.CharField(_("tagline"), max_length=250, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    postal_address = models.CharField(_("postal address"), max_length=250, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CZ", help_text=_("Two letters, such as CZ."))
    company_id = models.CharField(_("company number"), max_length=20, blank=True)
    serial_prefix = models.CharField(
        _("prefix of serial numbers"),
        max_length=10,
        default="AC",
        validators=[RegexValidator(r"^[A-Z0-9]+$", _("Use capital letters and digits only."))],
        help_text=_("Certificates issued from now on bear it, as in AC-2027-000123-K."),
    )
    privacy_page = models.ForeignKey(
        "wagtailcore.Page",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page about personal data"),
        help_text=_("Linked from forms, in the reader's language."),
    )

    base_form_class = TranslatedModelForm
    panels = [
        MultiFieldPanel(translated_columns("name"), _("Name")),
        MultiFieldPanel(translated_columns("tagline"), _("Tagline")),
        "email",
        "postal_address",
        "country",
        "company_id",
        "serial_prefix",
        "privacy_page",
    ]

    class Meta:
        verbose_name = _("site")

    @classmethod
    def load(cls, request_or_site=None):
        """The one row, which a migration makes; where it is missing, the defaults: this never writes."""
        return cls.base_queryset().first() or cls()
