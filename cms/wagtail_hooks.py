"""What the site adds to the admin: from a course to its pages."""

from wagtail import hooks

from courses.models import Course

from . import search
from .admin import MakeCoursePages


@hooks.register("register_admin_urls")
def action_urls():
    return [MakeCoursePages.route()]


@hooks.register("register_snippet_listing_buttons")
def course_page_buttons(snippet, user, next_url=None):
    if isinstance(snippet, Course) and user.has_perm("courses.view_course"):
        yield MakeCoursePages.button(snippet)


@hooks.register("after_edit_snippet")
def index_pages_of_changed_record(request, record):
    """Texts of a course, segment or path stand in the search index under its pages."""
    search.reindex(search.pages_that_show(record))
