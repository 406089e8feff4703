"""The two sides of an invoice, as they are copied onto it when it is issued."""

from dataclasses import asdict, dataclass, fields

from apps.company.models import Company
from gmtc.countries import last_line, place_lines


@dataclass(frozen=True)
class Party:
    """A company or person with all that an invoice says about them; `scheme` is a code of the list EAS."""

    name: str = ""
    number: str = ""
    person: str = ""
    street: str = ""
    extra: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    vat_id: str = ""
    tax_number: str = ""
    register: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    scheme: str = ""
    electronic_address: str = ""
    payee: str = ""
    bank_name: str = ""
    iban: str = ""
    bic: str = ""

    @classmethod
    def read(cls, stored: dict) -> "Party":
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def stored(self) -> dict:
        """What is not empty, as it is kept on the invoice."""
        return {name: value for name, value in asdict(self).items() if value}

    def lines(self, *, sender: str = "DE", language: str = "de") -> list[str]:
        """The address window of a letter, as `customers.Address.lines` writes it."""
        place = place_lines(postcode=self.postcode, city=self.city, state=self.state, country=self.country)
        own = [line for line in (self.name, self.person, self.extra, self.street) if line]
        return own + place + last_line(self.country, sender=sender, language=language)


def seller(company: Company, by=None) -> Party:
    """Us, with `by` as the one to ask."""
    return Party(
        name=company.legal_name,
        street=company.street,
        postcode=company.postcode,
        city=company.city,
        country=company.country,
        vat_id=company.vat_id,
        tax_number=company.tax_number,
        register=" ".join(filter(None, [company.register_court, company.register_number])),
        contact=str(by or "") or company.directors or company.legal_name,
        phone=company.phone,
        email=company.email,
        scheme="EM" if company.email else "",
        electronic_address=company.email,
        payee=company.payee,
        bank_name=company.bank_name,
        iban=company.iban,
        bic=company.bic,
    )


def buyer(customer, address) -> Party:
    """The customer at the address the invoice goes to."""
    has_own = bool(customer.electronic_address)
    mail = customer.mail_for_invoices
    return Party(
        number=customer.number,
        vat_id=customer.vat_id,
        phone=customer.phone,
        email=mail,
        scheme=customer.address_scheme if has_own else "EM" if mail else "",
        electronic_address=customer.electronic_address if has_own else mail,
        **_place(customer, address),
    )


def consignee(customer, address) -> Party:
    """Where the goods went."""
    return Party(**_place(customer, address))


def _place(customer, address) -> dict:
    if address is None:
        return {"name": customer.full_name}
    return {"name": address.name or customer.full_name} | {
        name: getattr(address, name) for name in ("person", "street", "extra", "postcode", "city", "state", "country")
    }
