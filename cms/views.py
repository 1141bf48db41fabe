"""Public addresses that are not pages."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from courses.models import Course

from . import drawing, search
from .filters import SearchForm


@require_safe
def course_drawing(request, code):
    """The drawing of a course. An address with the right digest may be kept for ever, any other for an hour."""
    course = get_object_or_404(Course.objects.only("pk", "code"), code=code)
    segments = list(course.segments.order_by("sort_order", "slug").values_list("slug", flat=True))
    response = HttpResponse(drawing.draw(course.code, segments), content_type="image/svg+xml")
    is_current = request.GET.get("v") == drawing.digest(course.code, segments)
    response["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "public, max-age=3600"
    return response


@require_safe
def site_search(request):
    """Courses, learning paths, mentors, articles and other pages that have all the words typed."""
    form = SearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    return render(request, "cms/search.html", {"form": form, "text": text, "results": search.results(text)})
