"""Mark the words of a letter that the office may replace (see academy.mail.wording)."""

import re

from django import template
from django.utils.html import format_html_join, urlize
from django.utils.safestring import mark_safe

from academy.mail.wording import WordingNode

register = template.Library()


class Wording(WordingNode, template.Node):
    def __init__(self, part, nodelist):
        self.part, self.nodelist = part, nodelist

    def render(self, context):
        words = context.get("wording", {}).get(self.part)
        if words is None:
            return self.nodelist.render(context)
        return paragraphs(words) if context.autoescape else words


@register.tag
def wording(parser, token):
    """{% wording "opening" %}what is said unless the office has other words{% endwording %}"""
    _name, part = token.split_contents()
    nodelist = parser.parse(("endwording",))
    parser.delete_first_token()
    return Wording(part.strip("\"'"), nodelist)


@register.filter
def paragraphs(text):
    """Return plain text as HTML paragraphs; addresses of the web become links."""
    blocks = [urlize(block, autoescape=True).replace("\n", "<br>") for block in re.split(r"\n\s*\n", text.strip())]
    return format_html_join("\n", "<p>{}</p>", ((mark_safe(block),) for block in blocks))  # noqa: S308  urlize escaped it
