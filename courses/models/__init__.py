"""The facts of teaching: what is taught (catalogue), when (delivery), who takes part (participation)."""

from .catalogue import (
    Course,
    Curriculum,
    CurriculumCompletion,
    CurriculumOutcome,
    CurriculumStep,
    Funder,
    LearningOutcome,
    Level,
    Mode,
    Segment,
    Venue,
)
from .delivery import CourseRun, WorkshopSession
from .participation import Attendance, AttendanceChange, Completion, Enrollment, EnrollmentEvent, FinalTask

# isort: split
# Activities with models of their own build on the ones above.
from courses.circulars.models import Circular
from courses.entry.models import Admission, Invitation, InvitationUse, SeatQuota
from courses.office.models import PeopleImport, RunEvent
from courses.payments.models import BankLine, BankStatement, Payment, PaymentEvent, StatementFormat
from courses.questions.models import (
    Answer,
    AnswerChange,
    AnswerDeletion,
    AnswerFile,
    Question,
    QuestionChoice,
    QuestionPick,
    QuestionSet,
    SetQuestion,
    StatisticsAnswer,
    StatisticsChoice,
    StatisticsQuestion,
)
from courses.selection.models import (
    Conflict,
    Criterion,
    FormalCheck,
    Juror,
    Review,
    Score,
    Selection,
    SelectionEvent,
    Verdict,
)

__all__ = [
    "Admission",
    "Answer",
    "AnswerChange",
    "AnswerDeletion",
    "AnswerFile",
    "Attendance",
    "AttendanceChange",
    "BankLine",
    "BankStatement",
    "Circular",
    "Completion",
    "Conflict",
    "Course",
    "CourseRun",
    "Criterion",
    "Curriculum",
    "CurriculumCompletion",
    "CurriculumOutcome",
    "CurriculumStep",
    "Enrollment",
    "EnrollmentEvent",
    "FinalTask",
    "FormalCheck",
    "Funder",
    "Invitation",
    "InvitationUse",
    "Juror",
    "LearningOutcome",
    "Level",
    "Mode",
    "Payment",
    "PaymentEvent",
    "PeopleImport",
    "Question",
    "QuestionChoice",
    "QuestionPick",
    "QuestionSet",
    "Review",
    "RunEvent",
    "Score",
    "SeatQuota",
    "Segment",
    "Selection",
    "SelectionEvent",
    "SetQuestion",
    "StatementFormat",
    "StatisticsAnswer",
    "StatisticsChoice",
    "StatisticsQuestion",
    "Venue",
    "Verdict",
    "WorkshopSession",
]
