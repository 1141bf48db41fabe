import itertools

from django.utils.translation import override
from wagtail.models import Locale, Page, Site

from cms.models import CourseIndexPage, CoursePage, HomePage

_numbers = itertools.count(1)


def home_page(language="cs"):
    """The home page of a language, made once and set as the site's root for Czech."""
    locale, _made = Locale.objects.get_or_create(language_code=language)
    home = HomePage.objects.filter(locale=locale).first()
    if home:
        return home
    translated = HomePage.objects.first()
    facts = {"translation_key": translated.translation_key} if translated else {}
    with override(language):
        home = Page.get_first_root_node().add_child(
            instance=HomePage(title="Akademie", slug=f"home-{language}", locale=locale, **facts)
        )
    if language == "cs":
        site, _made = Site.objects.get_or_create(
            is_default_site=True, defaults={"hostname": "testserver", "root_page": home}
        )
        site.root_page = home
        site.save()
    return home


def catalogue(language="cs"):
    """The catalogue page of a language, made once."""
    home = home_page(language)
    index = CourseIndexPage.objects.filter(locale=home.locale).first()
    return index or home.add_child(instance=CourseIndexPage(title="Kurzy", slug="kurzy", locale=home.locale))


def course_page(course, *, language="cs", live=True):
    """A page of the course under the catalogue of that language."""
    index = catalogue(language)
    return index.add_child(
        instance=CoursePage(
            title=course.title, slug=f"course-page-{next(_numbers)}", course=course, locale=index.locale, live=live
        )
    )
