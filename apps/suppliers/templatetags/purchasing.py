from django import template

from apps.suppliers.currency import in_currency

register = template.Library()


@register.filter
def price_in(amount, currency: str) -> str:
    """A unit price in a currency; the third and fourth place only where they are not zero."""
    return in_currency(amount, currency, places=4)


@register.filter
def amount_in(amount, currency: str) -> str:
    return in_currency(amount, currency)
