"""Countries by their ISO 3166 codes: names in both languages, who is in the EU, how places are written on a letter."""

import functools
import re
from decimal import Decimal

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
EU_VAT = EU | {"MC"}  # Monaco is part of France where VAT is concerned (Art. 7 Directive 2006/112/EC)

# Usual VAT rates in percent (European Commission, January 2026); Spain's and Portugal's islands have their own.
VAT_RATES = {
    country: Decimal(rate)
    for country, rate in (
        each.split(":")
        for each in "AT:20 BE:21 BG:20 CY:19 CZ:21 DE:19 DK:25 EE:24 ES:21 FI:25.5 FR:20 GR:24 HR:25 HU:27 IE:23 IT:22"
        " LT:21 LU:17 LV:21 MC:20 MT:18 NL:21 PL:23 PT:23 RO:21 SE:25 SI:22 SK:23".split()
    )
}

NEIGHBOURS = ("DE", "AT", "CH", "NL", "BE", "LU", "FR", "IT", "ES", "PL", "CZ", "DK", "GB", "US")

# Two letters of CLDR that are no country: unions, pseudo locales, "unknown"
NO_COUNTRY = frozenset("EU EZ QO UN XA XB ZZ".split())

POSTCODES = {
    "DE": (r"\d{5}", "5"),
    "AT": (r"[1-9]\d{3}", "4"),
    "BE": (r"[1-9]\d{3}", "4"),
    "CH": (r"[1-9]\d{3}", "4"),
    "CZ": (r"\d{3} ?\d{2}", "5"),
    "DK": (r"\d{4}", "4"),
    "ES": (r"\d{5}", "5"),
    "FR": (r"\d{5}", "5"),
    "GB": (r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", ""),
    "IT": (r"\d{5}", "5"),
    "LI": (r"94[89]\d", "4"),
    "LU": (r"\d{4}", "4"),
    "NL": (r"[1-9]\d{3} ?[A-Z]{2}", ""),
    "PL": (r"\d{2}-\d{3}", ""),
    "SE": (r"\d{3} ?\d{2}", "5"),
    "US": (r"\d{5}(-\d{4})?", ""),
}


@functools.cache
def names(language: str) -> dict[str, str]:
    """{code: name} in the language, by CLDR."""
    return {
        code: name
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY
    }


def name_of(code: str, language: str | None = None) -> str:
    """In the language of the moment without one; the code itself where it is none."""
    return names((language or get_language() or "en")[:2]).get(code, code)


def choices(language: str | None = None) -> list[tuple[str, str]]:
    """Ours and our neighbours first, then the rest by name."""
    known = names((language or get_language() or "en")[:2])
    rest = sorted((item for item in known.items() if item[0] not in NEIGHBOURS), key=lambda item: item[1].casefold())
    return [(code, known[code]) for code in NEIGHBOURS] + rest


def search(text: str, language: str | None = None) -> list[tuple[str, str]]:
    """Countries whose code is `text` or whose name holds it; the names of both languages are searched."""
    wanted = text.strip().casefold()
    return [
        (code, name)
        for code, name in choices(language)
        if not wanted
        or wanted == code.casefold()
        or any(wanted in names(each).get(code, "").casefold() for each in ("de", "en"))
    ]


def right_country(code: str) -> None:
    if code not in names("en"):
        raise ValidationError(_("Two letters of a country, such as DE."), code="country")


def right_postcode(postcode: str, country: str) -> None:
    """Raises ValidationError where the country writes its postcodes otherwise, or one is missing."""
    if country not in POSTCODES:
        return
    pattern, digits = POSTCODES[country]
    if re.fullmatch(pattern, postcode):
        return
    if digits:
        text, values = _("A postcode of %(country)s has %(digits)s digits."), {"digits": digits}
    else:
        text, values = _("This is not a postcode of %(country)s."), {}
    raise ValidationError(text, code="postcode", params=values | {"country": name_of(country)})


def place_lines(*, postcode: str, city: str, state: str, country: str) -> list[str]:
    """Postcode and city as the post of the country wants them."""
    if country in ("US", "CA", "AU"):
        return [f"{city}, {' '.join(filter(None, [state, postcode]))}".strip(", ")]
    if country in ("GB", "IE"):
        return [each for each in (city, state, postcode) if each]
    if country in ("IT", "ES") and state:
        return [f"{postcode} {city} ({state})".strip()]
    return [f"{postcode} {city}".strip()] + ([state] if state else [])


def last_line(country: str, *, sender: str, language: str) -> list[str]:
    """Abroad the country in capitals, in the sender's language (DIN 5008, 5.3); nothing within the country."""
    return [] if country == sender else [name_of(country, language).upper()]
