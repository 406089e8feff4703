"""Customers that may be the same as one that somebody is about to write down."""

import re
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz, process

from apps.customers.models import Customer
from apps.customers.models.tax import compact_vat_id

ALIKE = 88  # of 100, by which "Müller Maschinenbau" and "Mueller Maschinenbau" are alike but "Maier" and "Mayr" are not
AT_MOST = 5
LEGAL_FORMS = re.compile(
    r"\b(gmbh|mbh|ug|haftungsbeschränkt|ag|kg|ohg|gbr|se|e k|ev|co|inc|llc|ltd|corp|"
    r"sarl|sas|sa|bv|b v|nv|oy|ab|srl|spa)\b"
)
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Duplicate(NamedTuple):
    """`field` is the one that is alike: vat_id, email or name."""

    customer: Customer
    field: str
    reason: str


def core_of(name: str) -> str:
    """What tells names apart: without case, umlauts, punctuation and legal form."""
    words = re.sub(r"[\W_]+", " ", name.casefold())
    return " ".join(LEGAL_FORMS.sub(" ", words).translate(UMLAUTS).split())


def find_duplicates(*, name: str = "", vat_id: str = "", email: str = "", besides=None) -> list[Duplicate]:
    """Living customers with the same VAT ID or e-mail address, or a name much alike; each once, surest first."""
    others = Customer.objects.exclude(pk=besides) if besides else Customer.objects.all()
    found: dict[object, Duplicate] = {}
    if vat_id := compact_vat_id(vat_id):
        for customer in others.filter(vat_id=vat_id)[:AT_MOST]:
            found.setdefault(customer.pk, Duplicate(customer, "vat_id", _("same VAT ID")))
    if email := email.strip():
        for customer in others.filter(Q(email__iexact=email) | Q(invoice_email__iexact=email))[:AT_MOST]:
            found.setdefault(customer.pk, Duplicate(customer, "email", _("same e-mail address")))
    if core := core_of(name):
        names = {pk: core_of(each) for pk, each in others.order_by().values_list("pk", "name")}
        matches = process.extract(core, names, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, limit=AT_MOST)
        alike = others.in_bulk([pk for _name, _score, pk in matches])
        for _name, _score, pk in matches:
            found.setdefault(pk, Duplicate(alike[pk], "name", _("similar name")))
    return list(found.values())[:AT_MOST]
