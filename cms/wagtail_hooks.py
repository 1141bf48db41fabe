"""What the site adds to the admin: from a course to its pages."""

from wagtail import hooks

from courses.models import Course

from .admin import MakeCoursePages


@hooks.register("register_admin_urls")
def action_urls():
    return [MakeCoursePages.route()]


@hooks.register("register_snippet_listing_buttons")
def course_page_buttons(snippet, user, next_url=None):
    if isinstance(snippet, Course) and user.has_perm("courses.view_course"):
        yield MakeCoursePages.button(snippet)
