"""News may be unsubscribed from (RFC 2369, RFC 8058); messages about somebody's own places never ask this module."""

from academy import links

from .models import Message, NewsOptOut

KIND = "news"


def unsubscribe_address(message):
    """Return the address (str) that ends news to this message's recipient; a mail program posts to it."""
    return links.address("news", links.sign(KIND, message.pk)) if message.pk else ""


def addressee(token):
    """Return the e-mail address that the token of a mail stands for; raises BadLink."""
    message = Message.objects.filter(pk=links.unsign(token, KIND)).first()
    if message is None:
        raise links.BadLink
    return message.to.lower()


def is_unsubscribed(address):
    return NewsOptOut.objects.filter(email=address.lower()).exists()


def unsubscribe(address):
    """End news to an address; twice is safe."""
    NewsOptOut.objects.get_or_create(email=address.lower())


def subscribe_again(address):
    """Undo it; twice is safe."""
    NewsOptOut.objects.filter(email=address.lower()).delete()
