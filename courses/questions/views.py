"""One's own answers and their editing, a trainer's view of what is for organisation, files as downloads."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from academy.csrf import has_valid_token
from academy.errors import RuleError
from academy.throttle import throttle
from courses.models import CourseRun, Enrollment
from courses.permissions import can_manage_enrollments, teaches

from . import answering, permissions
from .asking import statistics_questions
from .errors import EditingIsOver, FileIsGone
from .filling import EditFilling
from .forms import NOT_SAID, QuestionsForm
from .kinds import FILE_TYPES
from .models import Answer, AnswerChange


@csrf_exempt  # asked inside, so that an expired token loses nothing that was typed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("answers", times=30, seconds=60)
def edit(request, pk):
    """Change the answers of one's own application until the deadline; the old ones stay in its history.

    Whose login has ended finds what they typed in the form once they are back.
    """
    if not request.user.is_authenticated:
        if request.method == "POST" and has_valid_token(request):
            _keep_for_later(request, pk)
        return redirect_to_login(request.get_full_path())
    own = get_object_or_404(request.user.enrollments.for_pages(), pk=pk)
    filling = EditFilling(request, own)
    is_posted = request.method == "POST"
    form = QuestionsForm(
        request.POST if is_posted else None,
        request.FILES if is_posted else None,
        initial=filling.initial,
        **filling.asks,
    )
    refusal, status = "", 200
    if not answering.can_edit(own):
        refusal, status = EditingIsOver.sentence, 409 if is_posted else 200
    elif is_posted and not has_valid_token(request):
        form.add_error(None, _("The page was open for too long. Nothing is lost: check the form and send it again."))
        status = 403
    elif is_posted:
        if form.is_valid():
            try:
                answering.edit(own, form.given(filling.keep_uploads(form)))
            except FileIsGone as refused:
                filling.forget_files()
                form.add_error(None, refused.sentence)
            except RuleError as refused:
                refusal, status = refused.sentence, 409
            else:
                filling.done()
                messages.success(request, _("Your answers were saved."))
                return redirect("courses:enrollment", pk=own.pk)
        filling.keep_uploads(form)
        form = filling.again(form)
    context = {
        "enrollment": own,
        "run": own.run,
        "course": own.run.course,
        "form": form,
        "refusal": refusal,
        "written": filling.written(form) if refusal and is_posted else [],
        "deadline": answering.editable_until(own.run),
    }
    return render(request, "courses/edit_answers.html", context, status=status)


def _keep_for_later(request, pk):
    """Keep what a form of answers holds in the visitor's session; whose answers they are is asked after the login."""
    enrollment = Enrollment.objects.select_related("run").filter(pk=pk).first()
    if enrollment:
        filling = EditFilling(request, enrollment)
        form = QuestionsForm(request.POST, questions=filling.questions, is_draft=True)
        form.full_clean()
        filling.keep_typed(form)


@never_cache
@login_required
@require_safe
def file(request, token):
    """A file of an answer, as a download, for those who may read the answer; 404 for everybody else."""
    for answer in Answer.objects.filter(file__token=token).select_related("file", "question", "enrollment__run"):
        if permissions.may_open_file(request.user, answer):
            return download(answer.file)
    change = (
        AnswerChange.objects.filter(file__token=token).select_related("file", "enrollment__run", "question").first()
    )
    if change and permissions.may_open_old_file(request.user, change):
        return download(change.file)
    raise Http404


def download(kept, *, name=None):
    """The response that sends an AnswerFile as an attachment, under its own name or another (a jury's blind mode)."""
    try:
        stored = kept.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        stored, as_attachment=True, filename=name or kept.name, content_type=FILE_TYPES[kept.kind][1]
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@never_cache
@login_required
@require_safe
def of_run(request, code):
    """What the people of a run answered, as far as the reader's role goes: trainers see what is for organisation."""
    run = get_object_or_404(CourseRun.objects.select_related("course"), code=code)
    if not (can_manage_enrollments(request.user) or teaches(request.user, run)):
        raise Http404
    answers = permissions.of_run(request.user, run)
    rows = Enrollment.objects.filter(run=run, status__in=Enrollment.ACTIVE).exclude(status=Enrollment.Status.DRAFT)
    if not can_manage_enrollments(request.user):
        rows = rows.filter(status__in=Enrollment.SEATED)
    people = [(row, answers.get(row.pk, [])) for row in rows.select_related("learner").order_by("learner__name", "pk")]
    context = {"run": run, "course": run.course, "people": [pair for pair in people if pair[1]]}
    return render(request, "courses/answers.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@throttle("statistics", times=30, seconds=60)
def statistics(request):
    """What somebody said about themselves for totals; changed here at any time, also to nothing."""
    questions = statistics_questions()
    own = {answer.question_id: answer.choice_id for answer in request.user.statistics_answers.all()}
    initial = {f"s{pk}": str(choice) if choice else NOT_SAID for pk, choice in own.items()}
    form = QuestionsForm(request.POST if request.method == "POST" else None, statistics=questions, initial=initial)
    if request.method == "POST" and form.is_valid():
        answering.record_statistics(request.user, form.said())
        messages.success(request, _("Your answers were saved."))
        return redirect("courses:statistics")
    return render(request, "courses/statistics.html", {"form": form})
