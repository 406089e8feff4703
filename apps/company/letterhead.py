"""What the head and foot of every document say about us, in the document's language."""

from dataclasses import dataclass, field

from babel import Locale
from django.contrib.staticfiles import finders
from django.utils import translation
from django.utils.translation import gettext as _
from stdnum import iban

from apps.company import pictures
from apps.company.brand import Brand
from apps.company.models import Company


@dataclass(frozen=True)
class Letterhead:
    """`footer` is up to four columns of lines, `sender` the small line above the address window."""

    company: Company
    brand: Brand
    sender: str
    contact: list[tuple[str, str]]
    footer: list[list[str]]
    files: dict[str, tuple[bytes, str]] = field(repr=False)


def letterhead(language: str, company: Company | None = None) -> Letterhead:
    """The letterhead as of now. Pass it to `gmtc.pdf.render` as `letterhead` in the context."""
    company = company or Company.current()
    with translation.override(language):
        contact = [(_("Phone"), company.phone), (_("E-mail"), company.email), (_("Web"), company.website)]
        footer = [
            [company.legal_name, company.street, f"{company.postcode} {company.city}", country(company, language)],
            [company.phone, company.email, company.website],
            register(company),
            bank(company),
        ]
    return Letterhead(
        company=company,
        brand=company.brand,
        sender=" · ".join(filter(None, [company.legal_name, company.street, f"{company.postcode} {company.city}"])),
        contact=[(label, value) for label, value in contact if value],
        footer=[[line for line in column if line] for column in footer if any(column)],
        files={"logo": logo(company)},
    )


def country(company: Company, language: str) -> str:
    """The name of our country in the document's language."""
    return Locale(language).territories.get(company.country, company.country)


def register(company: Company) -> list[str]:
    """What § 35a GmbHG wants on business letters, and the tax numbers of § 14 UStG."""
    lines = []
    if company.register_number:
        lines.append(" · ".join(filter(None, [company.register_court, company.register_number])))
    if company.directors:
        lines.append(_("Managing directors: %(names)s") % {"names": company.directors})
    if company.vat_id:
        lines.append(_("VAT ID: %(number)s") % {"number": company.vat_id})
    if company.tax_number:
        lines.append(_("Tax number: %(number)s") % {"number": company.tax_number})
    return lines


def bank(company: Company) -> list[str]:
    if not company.iban:
        return []
    lines = [company.bank_name, f"IBAN {iban.format(company.iban)}", f"BIC {company.bic}" if company.bic else ""]
    if company.account_holder and company.account_holder != company.legal_name:
        lines.insert(0, company.account_holder)
    return lines


def logo(company: Company) -> tuple[bytes, str]:
    """The uploaded logo or the stand-in: bytes and content type."""
    if company.logo:
        with company.logo.open() as file:
            return file.read(), pictures.content_type(company.logo.name)
    return stand_in("brand/wordmark.svg")


def stand_in(name: str) -> tuple[bytes, str]:
    with open(finders.find(name), "rb") as file:
        return file.read(), "image/svg+xml"
