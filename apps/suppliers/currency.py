"""Amounts in the currency of a supplier, as people of the moment's language write them."""

from decimal import Decimal

from babel.numbers import format_currency
from django.utils.translation import get_language

from gmtc.money import cents, unit_price


def in_currency(amount, currency: str, *, places: int = 2) -> str:
    """1.234,50 € or US$1,234.50; with `places=4` the third and fourth only where they are not zero."""
    if amount is None or amount == "":
        return ""
    exact = Decimal(amount)
    rounded = cents(exact) if places == 2 or exact == cents(exact) else unit_price(exact)
    shown = 2 if rounded == cents(rounded) else 4
    language = "de" if get_language() == "de" else "en"
    pattern = f"#,##0.{'0' * shown} ¤" if language == "de" else f"¤#,##0.{'0' * shown}"
    return format_currency(rounded, currency, format=pattern, locale=language, currency_digits=False)
