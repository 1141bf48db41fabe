"""The office's own words in letters: what may be said, what is put in, what happens to letters that mark nothing."""

import pytest

from academy.mail.letters import letter_from_templates, trying
from academy.mail.wording import letter_names, marked_parts, placeholders, shipped, unknown_placeholders

CONFIRMED = "courses/mail/confirmed"


class Named(str):
    """A title that templates reach as course.title."""

    title = property(str)
    code = property(str)


@pytest.fixture
def context():
    return {"name": "Ema", "course": Named("Booking & dohoda"), "run": Named("KM-2"), "manage_url": "https://x/y"}


def compose(words, context, name=CONFIRMED):
    with trying({"subject": "", "opening": "", "closing": "", **words}):
        return letter_from_templates(name, context)


def test_every_letter_of_the_site_can_be_changed_and_says_what_it_says_itself():
    assert {CONFIRMED, "mentoring/mail/booked", "certificates/mail/ready", "users/mail/invitation"} <= set(
        letter_names()
    )
    for name in letter_names():
        assert shipped(name, "cs")["subject"], name


def test_shipped_words_show_every_variant_with_placeholders_in_the_language():
    assert shipped(CONFIRMED, "en") == {
        "subject": ["Enrollment confirmed: {title}"],
        "opening": [
            "A place on “{title}” ({code}) has become free and it is yours.",
            "Your place on “{title}” ({code}) is confirmed.",
        ],
        "closing": [],
    }
    assert shipped(CONFIRMED, "cs")["subject"] == ["Zápis potvrzen: {title}"]


def test_placeholders_are_what_the_templates_own_sentences_name():
    assert placeholders(CONFIRMED) == ["code", "deadline", "title"]
    assert unknown_placeholders(CONFIRMED, "{title} {code} {naem} {}") == ["naem", ""]
    assert unknown_placeholders(CONFIRMED, "Braces } alone {") == ["}", "{"]


def test_own_words_replace_subject_and_opening_and_stand_in_html_and_text(context, db):
    letter = compose(
        {"subject": "Máme Vás, {title}", "opening": "Těšíme se na {title}.\n\nPřijďte <včas>: https://a.example/b"},
        context,
    )

    assert letter.subject == "Máme Vás, Booking & dohoda"
    assert "Těšíme se na Booking & dohoda.\n\nPřijďte <včas>" in letter.text
    assert "<p>Těšíme se na Booking &amp; dohoda.</p>" in letter.html
    assert "&lt;včas&gt;" in letter.html
    assert '<a href="https://a.example/b"' in letter.html
    assert "is confirmed" not in letter.text + letter.html
    assert "potvrzeno" not in letter.text


def test_facts_and_link_of_the_template_stay_whatever_the_words(context, db):
    letter = compose({"opening": "Krátce."}, context)

    assert "https://x/y" in letter.text
    assert "https://x/y" in letter.html


def test_words_that_name_a_missing_value_give_way_to_the_shipped_ones(context, db):
    letter = compose({"opening": "Zrušíte do {deadline}."}, context)

    assert "Zrušíte do" not in letter.text
    assert letter.text == compose({}, context).text


def test_value_that_looks_like_a_placeholder_is_not_filled_in_again(context, db):
    context["course"] = Named("{code}")

    assert compose({"subject": "O: {title}"}, context).subject == "O: {code}"


def test_line_break_in_a_value_never_reaches_the_subject(context, db):
    context["course"] = Named("Dva\nřádky")

    assert compose({"subject": "{title}"}, context).subject == "Dva řádky"


def test_letter_without_marks_gets_the_words_before_and_after(db):
    name = "mentoring/mail/cancelled"
    assert marked_parts(name) == set()

    letter = compose({"opening": "Nejdřív.", "closing": "Nakonec."}, {"other": "Ema", "facts": []}, name)

    assert letter.text.startswith("Nejdřív.\n")
    assert letter.text.endswith("\nNakonec.\n")
    assert letter.html.index("<p>Nejdřív.</p>") < letter.html.index("<p>Nakonec.</p>")
