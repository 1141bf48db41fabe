from modeltranslation.translator import TranslationOptions, register

from .models import Profile


@register(Profile)
class ProfileTranslation(TranslationOptions):
    fields = ("headline", "bio")
