"""People of a run as files: the export with columns chosen, the import with a dry run."""

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from academy.admin.actions import ActionView
from courses.models import CourseRun, Enrollment, PeopleImport
from courses.office import exporting, importing
from courses.office.reading import MOST_BYTES

from .people_filter import PeopleFilter
from .run_actions import RunAction

TYPES = {
    exporting.CSV: "text/csv; charset=utf-8",
    exporting.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportForm(forms.Form):
    file_format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[
            (exporting.XLSX, gettext_lazy("Excel (XLSX)")),
            (exporting.CSV, gettext_lazy("CSV with semicolons, for Excel and others")),
        ],
        initial=exporting.XLSX,
        widget=forms.RadioSelect,
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"), initial=exporting.ALWAYS, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, columns, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = [(key, column.label) for key, column in columns.items()]


class ExportPeople(RunAction):
    slug = "export-people"
    label = gettext_lazy("Export people")
    submit_label = gettext_lazy("Download")
    icon = "download"
    permission = "courses.view_enrollment"
    form_class = ExportForm
    template_name = "courses/admin/export.html"

    def people_filter(self):
        return PeopleFilter(self.object, self.request.POST if self.request.method == "POST" else self.request.GET)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "columns": exporting.columns(self.object, self.request.user)}

    def preview(self):
        count = self.people_filter().people().count()
        return [
            ngettext("The file has %(count)s person.", "The file has %(count)s people.", count) % {"count": count},
            _("Who exported what and when is written into the history of the run."),
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, hidden=self.people_filter().hidden())

    def form_valid(self, form):
        rows = list(self.people_filter().people())
        file_format = form.cleaned_data["file_format"]
        content = exporting.export(self.object, rows, form.cleaned_data["columns"], file_format, user=self.request.user)
        return HttpResponse(
            content,
            content_type=TYPES[file_format],
            headers={"Content-Disposition": f'attachment; filename="{self.object.code}.{file_format}"'},
        )


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        help_text=gettext_lazy(
            "CSV as a spreadsheet saves it; commas, semicolons or tabs, UTF-8 or Windows. "
            "The first line names the columns: email, name, and if you have them organisation and language."
        ),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB. Split it."))
        return file


class ImportPeople(RunAction):
    slug = "import-people"
    label = gettext_lazy("Import people")
    submit_label = gettext_lazy("Read the file")
    icon = "upload"
    permission = "courses.add_enrollment"
    form_class = ImportForm

    @classmethod
    def is_offered(cls, run, user):
        return run.status == CourseRun.Status.PUBLISHED

    def preview(self):
        return [_("Nothing happens yet: you see first what would become of each person.")]

    def perform(self, form):
        file = form.cleaned_data["file"]
        self.begun = importing.begin(self.object, file.read(), file_name=file.name, by=self.request.user)
        return _("The file is read. Nobody is enrolled yet.")

    def get_success_url(self):
        if self.request.method == "POST" and hasattr(self, "begun"):
            return reverse(ApplyImport.url_name(), args=[self.begun.pk])
        return super().get_success_url()


class ApplyForm(forms.Form):
    without_place = forms.ChoiceField(
        label=gettext_lazy("For whom there is no free place"),
        choices=[
            ("waiting", gettext_lazy("the end of the waiting list")),
            ("over", gettext_lazy("a place over capacity, with the reason below")),
        ],
        initial="waiting",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=gettext_lazy("Reason for going over capacity"), max_length=300, required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("without_place") == "over" and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Write the reason."))
        return cleaned

    @property
    def is_over(self):
        return self.is_bound and self.data.get("without_place") == "over"


class ApplyImport(ActionView):
    """The dry run of a list that was read, and after it was applied what became of each line."""

    model = PeopleImport
    slug = "apply"
    label = gettext_lazy("Import people")
    submit_label = gettext_lazy("Enroll them")
    icon = "upload"
    permission = "courses.add_enrollment"
    form_class = ApplyForm
    has_two_steps = True
    template_name = "courses/admin/import.html"

    def get_queryset(self):
        return PeopleImport.objects.select_related("run")

    def get_return_url(self):
        return reverse(CourseRun.snippet_viewset.get_url_name("inspect"), args=[self.object.run_id])

    def get_page_subtitle(self):
        return f"{self.object.run.code}: {self.object.file_name}"

    def get_success_url(self):
        return self.request.path if self.request.method == "POST" else self.get_return_url()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        form = context["form"]
        return {
            **context,
            "return_url": self.get_return_url(),
            "is_applied": bool(self.object.applied_at),
            "lines": (
                [self._done(line) for line in self.object.lines]
                if self.object.applied_at
                else [
                    (line, WHAT[what], sentences)
                    for line, what, sentences in importing.dry_run(self.object, is_over=form.is_over)
                ]
            ),
        }

    def _done(self, line):
        if line["problem"]:
            return line, WHAT[importing.PROBLEM], [line["problem"]]
        if line["outcome"] == "refused":
            return line, _("refused"), [line["sentence"]]
        return line, Enrollment.Status(line["outcome"]).label, []

    def consequences(self, form):
        found = importing.dry_run(self.object, is_over=form.is_over)
        counted = {what: sum(w == what for _line, w, _sentences in found) for what in WHAT}
        return [f"{WHAT[what]}: {count}" for what, count in counted.items() if count]

    def perform(self, form):
        reason = form.cleaned_data["reason"] if form.is_over else ""
        self.object = importing.apply(self.object, by=self.request.user, overbooking_reason=reason)
        return _("The list is applied. What became of each person stands below.")


WHAT = {
    importing.PLACE: gettext_lazy("a place"),
    importing.WAITING: gettext_lazy("the waiting list"),
    importing.OVER: gettext_lazy("a place over capacity"),
    importing.THERE: gettext_lazy("on the run already"),
    importing.PROBLEM: gettext_lazy("left out"),
}
FILE_ACTIONS = [ImportPeople, ExportPeople]
