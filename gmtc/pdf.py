"""Documents on paper: a Django template becomes a PDF.

WeasyPrint takes 2 s to import, so `gmtc.typesetter` (which does) is loaded with the first document, not with the first
page of the application. A web worker calls `warm_up()` when it starts, and its first PDF is as fast as the others.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import Thread

from django.template.loader import render_to_string
from django.utils import translation

type Files = Mapping[str, tuple[bytes, str]]


@dataclass(frozen=True)
class Position:
    """A line of a document, as `pdf/positions.html` draws it; what is None is left out.

    `price` and `net` are euros, `discount` is percent. `notes` are small lines below (serial numbers, delivery date).
    """

    position: int | str
    name: str
    number: str = ""
    text: str = ""
    notes: Sequence[str] = ()
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    discount: Decimal | None = None
    net: Decimal | None = None


@dataclass(frozen=True)
class Total:
    """A line below the positions: "Net", "VAT 19 %", "Total"; the one that counts is `strong`."""

    label: str
    amount: Decimal
    strong: bool = False


def render(
    template: str,
    context: dict,
    *,
    language: str,
    pdf_variant: str | None = None,
    draft: bool = False,
    files: Files | None = None,
) -> bytes:
    """Set `template` (which extends `pdf/base.html` or `pdf/label.html`) in `language` and return the PDF.

    `files` are the only pictures the document may show besides our static files: `{"photo": (bytes, "image/png")}` is
    `<img src="files/photo">`. The context's `letterhead` (`apps.company.letterhead`) adds its own. `draft` puts a
    watermark on each page. `pdf_variant` is WeasyPrint's: "pdf/a-3b" for e-invoices.
    Nothing else is read: no network, no file of the server. A picture that is not allowed is logged and left out.
    """
    letterhead = context.get("letterhead")
    known = {**(letterhead.files if letterhead else {}), **(files or {})}
    with translation.override(language):
        html = render_to_string(template, {**context, "language": language, "draft": draft})
    return typesetter().write(html, files=known, pdf_variant=pdf_variant)


def warm_up() -> Thread:
    """Load the typesetter and its fonts beside the start of a worker; join the returned thread to wait for it."""
    thread = Thread(target=lambda: typesetter().write("<p>GM-TC</p>", files={}), name="pdf-warm-up", daemon=True)
    thread.start()
    return thread


def typesetter():
    return importlib.import_module("gmtc.typesetter")
