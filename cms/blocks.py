"""The few blocks that editors compose texts from."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Quotation"))
    source = blocks.CharBlock(label=_("Who said it"), required=False)

    class Meta:
        icon = "openquote"
        label = _("Quotation")
        template = "blocks/quote.html"


class TextStreamBlock(blocks.StreamBlock):
    """Headings, paragraphs, pictures, quotations: the body of every text page."""

    heading = blocks.CharBlock(label=_("Heading"), icon="title", template="blocks/heading.html")
    text = blocks.RichTextBlock(
        label=_("Text"),
        features=["bold", "italic", "link", "document-link", "ol", "ul", "h3"],
        template="blocks/text.html",
    )
    image = ImageBlock(label=_("Picture"), template="blocks/image.html")
    quote = QuoteBlock()
