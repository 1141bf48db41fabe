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

__all__ = [
    "Attendance",
    "AttendanceChange",
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
    "Segment",
    "Venue",
    "WorkshopSession",
]
