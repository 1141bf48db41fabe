"""Message catalogues without gettext: what is found in sources, what is refused in a catalogue."""

import pytest

from scripts import catalogues

TEMPLATE = """
<p title="{% translate "It's a title" %}">it's 5 o'clock
  {% blocktranslate trimmed count counter=seats with name=run.code|default:"a'b" %}
    One seat left on {{ name }}
  {% plural %}
    {{ counter }} seats left on {{ name }}
  {% endblocktranslate %}
{% translate "May" context "month" %} {% if word == _("Constant") %}{% endif %}
"""
CODE = """
from django.utils.translation import gettext_lazy as _, ngettext
TITLE = _("Title")
def words(n): return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}
"""
HEAD = f"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {catalogues.PLURAL_FORMS["cs"]}\\n"

"""
GOOD = """msgid "Title"
msgstr "Název"

msgid "%(n)s day"
msgid_plural "%(n)s days"
msgstr[0] "jeden den"
msgstr[1] "%(n)s dny"
msgstr[2] "%(n)s dne"
msgstr[3] "%(n)s dní"
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A source tree of one app with one catalogue, instead of ours."""
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path / "locale")
    (tmp_path / "courses").mkdir()
    (tmp_path / "courses" / "words.py").write_text(CODE)
    folder = tmp_path / "locale" / "cs" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(HEAD + GOOD)
    return tmp_path


def _po(house):
    return house / "locale" / "cs" / "LC_MESSAGES" / "django.po"


def test_messages_are_found_in_templates(house):
    (house / "templates").mkdir()
    (house / "templates" / "page.html").write_text(TEMPLATE)
    found = {(context, ids) for name, ids, context in catalogues._extracted() if name == "templates/page.html"}
    assert found == {
        (None, "It's a title"),
        (None, ("One seat left on %(name)s", "%(counter)s seats left on %(name)s")),
        ("month", "May"),
        (None, "Constant"),
    }


def test_check_accepts_a_complete_catalogue(house):
    assert list(catalogues.problems()) == []


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        ('msgid "Title"\n', 'msgid "Other"\n', "'Title' is missing"),
        ('msgstr "Název"', 'msgstr ""', "'Title' is not translated"),
        ('msgid "Title"', '#, fuzzy\nmsgid "Title"', "is marked fuzzy"),
        ('msgstr[3] "%(n)s dní"\n', "", "lacks plural form 3"),
        ("%(n)s dny", "%(m)s dny", "unknown placeholders ['%(m)s']"),
        ("%(n)s dny", "dny", "lacks placeholders ['%(n)s']"),
    ],
)
def test_check_names_what_is_wrong(house, good, bad, sentence):
    _po(house).write_text((HEAD + GOOD).replace(good, bad))
    assert sentence in "\n".join(catalogues.problems())


def test_update_keeps_translations_and_changes_nothing_the_second_time(house):
    catalogues.update()
    first = _po(house).read_bytes()
    catalogues.update()
    assert _po(house).read_bytes() == first
    assert list(catalogues.problems()) == []


def test_compile_writes_only_what_is_stale(house):
    compiled = _po(house).with_suffix(".mo")
    assert catalogues.compile_stale() == [compiled]
    assert catalogues.compile_stale() == []
