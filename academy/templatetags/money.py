"""Money in templates: {% load money %}, then {{ run.price|price }} or {{ payment.amount|amount:payment.currency }}."""

from django import template

from academy import money

register = template.Library()
register.filter("price", money.price)
register.filter("amount", money.amount)
