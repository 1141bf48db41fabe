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

__all__ = [
    "Answer",
    "AnswerChange",
    "AnswerDeletion",
    "AnswerFile",
    "Attendance",
    "AttendanceChange",
    "BankLine",
    "BankStatement",
    "Completion",
    "Course",
    "CourseRun",
    "Curriculum",
    "CurriculumCompletion",
    "CurriculumOutcome",
    "CurriculumStep",
    "Enrollment",
    "EnrollmentEvent",
    "FinalTask",
    "Funder",
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
    "RunEvent",
    "Segment",
    "SetQuestion",
    "StatementFormat",
    "StatisticsAnswer",
    "StatisticsChoice",
    "StatisticsQuestion",
    "Venue",
    "WorkshopSession",
]
