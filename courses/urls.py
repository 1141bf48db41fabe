from django.urls import path

from .moving import views as moving
from .organisations import views as organisations
from .questions import views as questions
from .selection import views as selection
from .views import calendar, enroll, manage, teaching

app_name = "courses"

urlpatterns = [
    path("runs/<slug:code>/enroll/", enroll.enroll, name="enroll"),
    path("runs/<slug:code>/draft/", enroll.autosave, name="autosave"),
    path("runs/<slug:code>.ics", calendar.run_ics, name="run_ics"),
    path("sessions/<uuid:uid>.ics", calendar.session_ics, name="session_ics"),
    path("enrollments/<int:pk>/", manage.enrollment, name="enrollment"),
    path("enrollments/<int:pk>/accept/", manage.accept_offer, name="accept_offer"),
    path("enrollments/<int:pk>/cancel/", manage.cancel, name="cancel"),
    path("enrollments/<int:pk>/change/", moving.change, name="change_run"),
    path("enrollments/<int:pk>/calendar.ics", calendar.enrollment_ics, name="enrollment_ics"),
    path("enrollments/<int:pk>/answers/", questions.edit, name="edit_answers"),
    path("my/statistics/", questions.statistics, name="statistics"),
    path("answers/files/<uuid:token>/", questions.file, name="answer_file"),
    path("teaching/runs/<slug:code>/answers/", questions.of_run, name="run_answers"),
    path("enrollments/<int:pk>/confirm/", organisations.accept, name="organisation_accept"),
    path("places/<str:token>/", organisations.accept_by_link, name="organisation_offer"),
    path("organisations/<int:pk>/", organisations.organisation, name="organisation"),
    path("organisations/<int:pk>/enroll/<slug:code>/", organisations.enroll, name="organisation_enroll"),
    path("organisations/<int:pk>/swap/<int:enrollment>/", organisations.swap, name="organisation_swap"),
    path("manage/<str:token>/", manage.manage, name="manage"),
    path("manage/<str:token>/cancel/", manage.manage_cancel, name="manage_cancel"),
    path("manage/<str:token>/change/", moving.manage_change, name="manage_change_run"),
    path("manage/<str:token>/calendar.ics", calendar.manage_ics, name="manage_ics"),
    path("teaching/", teaching.teaching, name="teaching"),
    path("teaching/sessions/<int:pk>/", teaching.roster, name="roster"),
    path("teaching/sessions/<int:pk>/walk-in/", teaching.walk_in, name="walk_in"),
    path("teaching/runs/<slug:code>/final-task/", teaching.final_task, name="final_task"),
    path("jury/", selection.calls, name="jury"),
    path("jury/<slug:code>/", selection.call, name="jury_call"),
    path("jury/<slug:code>/<int:pk>/", selection.application, name="jury_application"),
    path("jury/<slug:code>/<int:pk>/files/<int:answer>/", selection.file, name="jury_file"),
]
