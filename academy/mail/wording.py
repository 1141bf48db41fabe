"""Words of letters that the office may change: what a template ships, what may be said in it, and putting it in.

A letter is a pair of templates, <app>/mail/<name>.txt and .html. Its subject, opening
and closing can be replaced, per language, by texts with named placeholders in braces;
facts, links and what the law asks for stay the template's.

- The subject is the text template's first line.
- `{% wording "opening" %}...{% endwording %}` marks what the opening replaces, and
  "closing" likewise. In a letter without the mark the office's text is added: the
  opening before everything else, the closing after it.
- Placeholders are the variables that the template's own sentences name
  (`{% blocktranslate with title=course.title %}` makes {title}), so a new letter has
  them without further ado.
"""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template import Context
from django.template.base import NodeList
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils import translation

PARTS = ("subject", "opening", "closing")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
EDITABLE = re.compile(r"[a-z_/]+/mail/[a-z_]+")


@cache
def letter_names():
    """Return the names (list of str, such as "courses/mail/confirmed") of all letters whose words can be changed."""
    names = set()
    for folder in settings.TEMPLATES[0]["DIRS"]:
        for path in Path(folder).glob("**/mail/*.txt"):
            if path.with_suffix(".html").exists():
                names.add(path.relative_to(folder).with_suffix("").as_posix())
    return sorted(names)


def is_editable(name):
    return EDITABLE.fullmatch(name) is not None


def placeholders(name):
    """Return the placeholders (list of str) that the words of this letter may use."""
    return sorted(_expressions(name))


def unknown_placeholders(name, text):
    """Return what stands in braces in `text` and is no placeholder of this letter (list of str).

    A brace that belongs to no pair is returned as it stands.
    """
    known = set(_expressions(name))
    found = [word for word in PLACEHOLDER.findall(text) if word not in known]
    return found + re.findall(r"[{}]", PLACEHOLDER.sub("", text))


def shipped(name, language):
    """Return {part: lines} of what the template itself says in `language`, placeholders in braces.

    Where the template chooses between sentences, each is a line of its own; a part
    that it does not mark has none.
    """
    nodes = _template(name).nodelist
    with translation.override(language):
        said = {"subject": _sentences(_first_line(nodes))}
        for part in PARTS[1:]:
            said[part] = [line for node in _marks(nodes, part) for line in _sentences(node.nodelist)]
    return said


def fill(name, texts, context):
    """Return the texts ({part: str}) of a letter with values in place of placeholders; what was empty is left out.

    A text that names something which this one message does not have is left out too,
    so that the shipped words stand instead of a gap.
    """
    if not any(texts.values()):
        return {}
    values = _values(name, context)
    filled = {}
    for part, text in texts.items():
        named = PLACEHOLDER.findall(text)
        if text.strip() and all(values.get(word) not in (None, "") for word in named):
            filled[part] = PLACEHOLDER.sub(lambda match: str(values[match[1]]), text).strip()
    return filled


def marked_parts(name):
    """Return those of opening and closing that the template says where to put (set of str)."""
    return {part for part in PARTS[1:] if _marks(_template(name).nodelist, part)}


class WordingNode:
    """Mixin of the template tag's node, by which it is found without importing the tag library."""


def _template(name):
    return get_template(f"{name}.txt").template


def _expressions(name):
    """{placeholder: FilterExpression or None when it is a variable of the context} of a letter."""
    found = {}
    for node in _walk(_template(name).nodelist):
        if isinstance(node, BlockTranslateNode):
            for token in [*node.singular, *node.plural]:
                if token.token_type.name == "VAR" and token.contents not in found:
                    found[token.contents] = node.extra_context.get(token.contents)
            if node.counter and node.countervar:
                found[node.countervar] = node.counter
    return {key: value for key, value in found.items() if key.isidentifier()}


def _values(name, context):
    context = Context(context, autoescape=False)
    values = {}
    for word, expression in _expressions(name).items():
        values[word] = (
            expression.resolve(context, ignore_failures=True) if expression is not None else context.get(word)
        )
    return values


def _walk(nodes):
    for node in nodes:
        yield node
        for child in _children(node):
            yield from _walk(child)


def _children(node):
    if hasattr(node, "conditions_nodelists"):
        return [nodes for _condition, nodes in node.conditions_nodelists]
    return [value for key in node.child_nodelists if isinstance(value := getattr(node, key, None), NodeList)]


def _marks(nodes, part):
    return [node for node in _walk(nodes) if isinstance(node, WordingNode) and node.part == part]


def _first_line(nodes):
    """The nodes up to the first line that ends after something was said."""
    line = NodeList()
    for node in nodes:
        words = getattr(node, "s", None)
        if words is None:
            inner = [child for children in _children(node) for child in children]
            if type(node).__name__ == "AutoEscapeControlNode":
                return _first_line(inner)
            if type(node).__name__ != "LoadNode":
                line.append(node)
        elif "\n" in words and line:
            break
    return line


def _sentences(nodes):
    lines = []
    for node in _walk(nodes):
        if isinstance(node, BlockTranslateNode):
            lines.append(_block(node))
        elif isinstance(node, TranslateNode) and not node.asvar:
            lines.append(translation.gettext(node.filter_expression.var.literal))
    return lines


def _block(node):
    """A sentence in the active language; of a counted one, that for many."""
    singular, _names = node.render_token_list(node.singular)
    words = translation.gettext(singular)
    if node.plural:
        plural, _names = node.render_token_list(node.plural)
        words = translation.ngettext(singular, plural, 5)
    return re.sub(r"%\((\w+)\)s", r"{\1}", words).replace("%%", "%")
