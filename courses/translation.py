from modeltranslation.translator import TranslationOptions, register

from .models import (
    Circular,
    Course,
    Criterion,
    Curriculum,
    CurriculumOutcome,
    Funder,
    LearningOutcome,
    Question,
    QuestionChoice,
    Segment,
    StatisticsChoice,
    StatisticsQuestion,
    Venue,
    WorkshopSession,
)


@register(Segment)
class SegmentTranslation(TranslationOptions):
    fields = ("name",)


@register(Venue)
class VenueTranslation(TranslationOptions):
    fields = ("name", "directions")


@register(Funder)
class FunderTranslation(TranslationOptions):
    fields = ("name", "summary", "acknowledgement")


@register(Course)
class CourseTranslation(TranslationOptions):
    fields = ("title", "summary", "description", "for_whom")


@register(LearningOutcome)
class LearningOutcomeTranslation(TranslationOptions):
    fields = ("text",)


@register(WorkshopSession)
class WorkshopSessionTranslation(TranslationOptions):
    fields = ("title",)


@register(Curriculum)
class CurriculumTranslation(TranslationOptions):
    fields = ("title", "summary")


@register(CurriculumOutcome)
class CurriculumOutcomeTranslation(TranslationOptions):
    fields = ("text",)


@register(Question)
class QuestionTranslation(TranslationOptions):
    fields = ("label", "help")


@register(QuestionChoice)
class QuestionChoiceTranslation(TranslationOptions):
    fields = ("label",)


@register(StatisticsQuestion)
class StatisticsQuestionTranslation(TranslationOptions):
    fields = ("label",)


@register(StatisticsChoice)
class StatisticsChoiceTranslation(TranslationOptions):
    fields = ("label",)


@register(Criterion)
class CriterionTranslation(TranslationOptions):
    fields = ("title", "description")


@register(Circular)
class CircularTranslation(TranslationOptions):
    fields = ("subject", "body")
