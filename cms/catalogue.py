"""Which courses are public, and with what facts they are listed."""

from .models import CoursePage


def live_course_ids():
    """Ids (QuerySet) of courses with a live page in at least one language."""
    return CoursePage.objects.live().order_by().values("course_id")
