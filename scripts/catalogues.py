"""Message catalogues without GNU gettext, which a bare machine lacks: Babel does it all.

    python -m scripts.catalogues compile   make .mo files for .po files that are newer
    python -m scripts.catalogues update    bring the .po files up to date with the sources
    python -m scripts.catalogues check     exit 1 and name every entry that is not complete

English stands in the sources, so it needs no catalogue.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
APPS = ["academy", "courses", "mentoring", "certificates", "cms"]
TEMPLATE_SUFFIXES = {".html", ".txt", ".xml"}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ugettext": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# As Django's own catalogues count; a catalogue that counts otherwise would be
# looked up apart from Django's words.
PLURAL_FORMS = {
    "cs": "nplurals=4; plural=(n == 1 && n % 1 == 0) ? 0 : (n >= 2 && n <= 4 && n % 1 == 0) ? 1: (n % 1 != 0 ) ? 2 : 3;"
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*[\d.]*[a-z]|%[sd%]|\{(\w*)\}")


def catalogue_paths():
    """Paths of every .po file of ours, sorted."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def compile_stale():
    """Write the .mo file of every .po file that is newer; return the paths written."""
    written = []
    for path in catalogue_paths():
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        catalogue = _read(path)
        temporary = compiled.with_suffix(".mo.new")
        with temporary.open("wb") as file:
            write_mo(file, catalogue)
        temporary.replace(compiled)  # a server that starts meanwhile never reads half a file
        written.append(compiled)
    return written


def update():
    """Bring each .po file up to date: sorted, without line numbers, nothing guessed, nothing obsolete."""
    for language in PLURAL_FORMS:
        path = LOCALE / language / "LC_MESSAGES" / "django.po"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_header(PLURAL_FORMS[language], language))
    for path in catalogue_paths():
        path.write_bytes(_rendered(path))


def problems():
    """Yield a sentence (str) for each entry that is missing, unfinished or wrong in any catalogue."""
    for path in catalogue_paths():
        name = path.relative_to(ROOT)
        known = {(message.context, message.id): message for message in _read(path) if message.id}
        wanted = _wanted(_read(path))
        for key in sorted(wanted.keys() - known.keys(), key=str):
            yield f"{name}: {key[1]!r} is missing; run make messages and translate it."
        for key in sorted(known.keys() - wanted.keys(), key=str):
            yield f"{name}: {key[1]!r} is used nowhere; run make messages."
        catalogue = _read(path)
        for key in sorted(known.keys() & wanted.keys(), key=str):
            yield from (f"{name}: {key[1]!r} {fault}" for fault in _faults(known[key], catalogue.num_plurals))


def _faults(message, num_plurals):
    if message.fuzzy:
        yield "is marked fuzzy."
    ids = message.id if isinstance(message.id, (list, tuple)) else [message.id]
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    if len(ids) > 1 and len(strings) != num_plurals:
        yield f"has {len(strings)} plural forms instead of {num_plurals}."
    allowed = {placeholder for text in ids for placeholder in _placeholders(text)}
    for index, string in enumerate(strings):
        if not string:
            yield "is not translated." if len(ids) == 1 else f"lacks plural form {index}."
            continue
        used = _placeholders(string)
        if used - allowed:
            yield f"has unknown placeholders {sorted(used - allowed)}."
        # "One place" may leave the number out; every other form names all.
        missing = _placeholders(ids[-1]) - used
        if missing and not (len(ids) > 1 and index == 0):
            yield f"lacks placeholders {sorted(missing)} in {string!r}."
        if string.endswith("\n") != ids[0].endswith("\n") or string.startswith("\n") != ids[0].startswith("\n"):
            yield "begins or ends with a new line where the other does not."


def _placeholders(text):
    return {match.group() for match in PLACEHOLDER.finditer(text)} - {"%%"}


def _read(path):
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def _wanted(old):
    """Messages of the sources that a catalogue needs, by (context, id); singular and plural of one id are one."""
    wanted = {}
    for path, messages, context in _extracted():
        ids = tuple(messages) if isinstance(messages, (list, tuple)) else messages
        wanted.setdefault((context, ids), set()).add(path)
    # gettext knows one entry per singular: what is used both alone and in plural is written once, with the plural.
    plurals = {(context, ids[0]) for context, ids in wanted if isinstance(ids, tuple)}
    for key in [key for key in wanted if key in plurals]:
        twin = next(other for other in wanted if isinstance(other[1], tuple) and (other[0], other[1][0]) == key)
        wanted[twin] |= wanted.pop(key)
    return wanted


def _rendered(path):
    """The .po file (bytes) as it should be: translations kept, the rest follows the sources."""
    old = _read(path)
    language = path.parts[-3]
    known = {(message.context, message.id): message for message in old if message.id}
    new = Catalog(locale=language, project="academy", charset="utf-8", fuzzy=False)
    new._num_plurals, new._plural_expr = old.num_plurals, old.plural_expr
    for (context, ids), paths in sorted(_wanted(old).items(), key=lambda item: (str(item[0][1]), str(item[0][0]))):
        before = known.get((context, ids))
        new.add(
            ids,
            before.string if before else ("" if isinstance(ids, str) else ("",) * old.num_plurals),
            locations=[(file, 0) for file in sorted(paths)],
            flags=before.flags if before else (),
            user_comments=before.user_comments if before else (),
            context=context,
        )
    buffer = io.BytesIO()
    write_po(buffer, new, width=110, include_lineno=False, omit_header=True)
    return _header(PLURAL_FORMS.get(language) or old.plural_forms, language) + buffer.getvalue()


def _header(plural_forms, language):
    """The head of a .po file (bytes), without a date: what does not change gives no difference."""
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {plural_forms}\\n"\n\n'
    ).encode()


def _extracted():
    """Yield (path, id or (singular, plural), context or None) for every message in code and templates."""
    for top in [*APPS, "templates"]:
        for path in sorted((ROOT / top).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix == ".py" and "migrations" not in path.parts:
                source, method = path.read_bytes(), "python"
            elif path.suffix in TEMPLATE_SUFFIXES and "templates" in path.parts:
                source, method = _as_python(path, name), extract_python
            else:
                continue
            for _line, ids, _comments, context in extract(method, io.BytesIO(source), keywords=KEYWORDS):
                yield name, ids, context


def _as_python(path, name):
    """A template as Python calls (bytes). In brackets, so that its indentation means nothing."""
    return f"(\n{templatize(path.read_text(encoding='utf-8'), origin=name)}\n)".encode()


def main(arguments):
    """Do what the one argument says; return the exit code."""
    match arguments:
        case ["compile"]:
            for path in compile_stale():
                print("compiled", path.relative_to(ROOT))
        case ["update"]:
            update()
        case ["check"]:
            faults = list(problems())
            print(*faults, sep="\n")
            if not catalogue_paths():
                faults = ["There is no catalogue under locale/."]
                print(*faults)
            return 1 if faults else 0
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
