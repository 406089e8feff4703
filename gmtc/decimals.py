"""Numbers as people write them in tables: 1.234,56 or 1,234.56, and what to do with a bare 1.234."""

import re
from collections.abc import Iterable
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class DecimalMark(models.TextChoices):
    """What separates the cents: 1.234,56 or 1,234.56."""

    COMMA = ",", gettext_lazy("1.234,56 (comma)")
    POINT = ".", gettext_lazy("1,234.56 (point)")


# Thousands are grouped by three and never begin with a zero, which is what tells "0.125" from "1.125".
_READINGS = {
    ",": re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)?(?:,[0-9]+)?"),
    ".": re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)?(?:\.[0-9]+)?"),
}
_BLANK_GROUPS = re.compile("(?<=[0-9])[ \u00a0\u202f\u2009'\u2019](?=[0-9]{3}(?![0-9]))")


def number_readings(text: str) -> dict[str, Decimal]:
    """What `text` can mean, by decimal mark: "1.234,56" only with a comma, "1.234" with both, "abc" with none."""
    text = text.strip().replace("−", "-")
    text = re.sub(r"^(?:€|EUR)\s*|\s*(?:€|EUR)$", "", text)
    text = _BLANK_GROUPS.sub("", text)
    found = {}
    if len(text) <= 40 and re.search("[0-9]", text):
        for mark, pattern in _READINGS.items():
            if pattern.fullmatch(text):
                thousands = "." if mark == "," else ","
                found[mark] = Decimal(text.replace(thousands, "").replace(mark, "."))
    return found


def decimal_mark(texts: Iterable[str]) -> str:
    """The mark that the unambiguous numbers among `texts` use; "" where there are none, or of both sorts."""
    marks = set()
    for text in texts:
        readings = number_readings(text)
        if len(readings) == 1:
            marks |= set(readings)
    return marks.pop() if len(marks) == 1 else ""


def parse_number(value, mark: str = "", *, strict: bool = False) -> Decimal:
    """A number out of a cell. `mark` decides where a text can be read in two ways; `strict` allows no other.

    Raises ValueError, its text made for the user.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(_("“%(text)s” is not a number.") % {"text": value})
    if not isinstance(value, str):
        return Decimal(value)
    readings = number_readings(value)
    if mark in readings:
        return readings[mark]
    if not readings or strict:
        raise ValueError(_("“%(text)s” is not a number.") % {"text": value})
    if len(set(readings.values())) > 1:
        raise ValueError(_("“%(text)s” can be read in two ways. Choose how numbers are written.") % {"text": value})
    return next(iter(readings.values()))


def decimal_marks(columns: dict[str, Iterable], guess: str) -> dict[str, str]:
    """The mark of each column of a table: what its own numbers say, else what the others' agree on, else `guess`.

    "" for a column that is written both ways: there an ambiguous number is a fault.
    """
    texts = {name: [value for value in values if isinstance(value, str)] for name, values in columns.items()}
    seen = {name: decimal_mark(values) for name, values in texts.items()}
    in_file = set(seen.values()) - {""}
    fallback = in_file.pop() if len(in_file) == 1 else guess
    marks = {}
    for name, mark in seen.items():
        has_both = not mark and any(len(number_readings(text)) == 1 for text in texts[name])
        marks[name] = mark or ("" if has_both else fallback)
    return marks
