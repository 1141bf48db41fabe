"""What the log of messages may be looked through by: runs."""

from django.urls import reverse

from academy import registry

from .models import CourseRun
from .notifications import about_run


@registry.add(registry.message_topics, "run")
def runs():
    """(about, "code course", address of the run's page in the admin) of every run, newest first."""
    for run in CourseRun.objects.select_related("course"):
        url = reverse(CourseRun.snippet_viewset.get_url_name("inspect"), args=[run.pk])
        yield about_run(run.pk), f"{run.code} {run.course.title}", url
