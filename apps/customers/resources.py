"""The columns of customers in a file: a customer and the standard invoice address in one row."""

from functools import cached_property

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.customers.duplicates import core_of
from apps.customers.models import Address, Contact, Customer, Interaction, Kind, TaxCase, suggested_tax_case
from apps.customers.models.address import AddressKind
from apps.customers.models.customer import free_number
from apps.customers.models.tax import compact_vat_id, is_possible, why_not
from gmtc.bulk import create_all, update_all
from gmtc.columns import Column
from gmtc.countries import choices, names
from gmtc.resources import Resource
from gmtc.rows import spoken
from gmtc.widgets import Choice, Text, Widget

KINDS = {
    "firma": Kind.COMPANY,
    "unternehmen": Kind.COMPANY,
    "business": Kind.COMPANY,
    "privat": Kind.PERSON,
    "private": Kind.PERSON,
    "privatperson": Kind.PERSON,
    "consumer": Kind.PERSON,
}
SALUTATIONS = {"frau": "ms", "mrs": "ms", "miss": "ms", "herr": "mr"}
LANGUAGES = {"deutsch": "de", "german": "de", "englisch": "en", "english": "en"}


def standard(column: str):
    """A column of the standard invoice address, for exports."""
    rows = Address.objects.filter(customer=OuterRef("pk"), kind=AddressKind.BILLING, is_default=True)
    return Subquery(rows.values(column)[:1])


class OfAddress(Column):
    """A column of the standard invoice address, which the import has as `customer.home`."""

    def __init__(self, *aliases, **options):
        # A blank street is a fault of the address as a whole, which `_check_home` finds.
        super().__init__(*aliases, **({"widget": Text()} | options), required=False)

    def bind(self, model, widget_for):
        self.attribute, self.source = f"home__{self.name}", standard(self.name)
        super().bind(Address, widget_for)

    @property
    def help(self):
        needed = str(_("A new customer needs it.")) if not self.field.blank and not self.field.has_default() else ""
        return " ".join(filter(None, [super().help, needed]))


class CountryCode(Widget):
    """By its two letters, or its name in either language."""

    width = 14

    def load(self):
        self.codes = {name.casefold(): code for language in ("de", "en") for code, name in names(language).items()}
        self.codes |= {code.casefold(): code for code, _name in choices()}
        self.codes |= {"d": "DE", "a": "AT", "usa": "US", "uk": "GB"}

    def read(self, value):
        code = self.codes.get(str(value).strip().casefold())
        if code is None:
            raise ValueError(gettext("There is no country “%(text)s”.") % {"text": value})
        return code


class VatId(Text):
    """Kept without blanks and dots, so the same one is the same text."""

    def read(self, value):
        return compact_vat_id(super().read(value))


class CustomerResource(Resource):
    """Customers by number. A row without one is a new customer, unless somebody looks the same: that is a fault."""

    in_trash = _("A customer in the trash has this number: restore it first.")

    # fmt: off
    number = Column(
        "Customer no", "Kundennummer", "Kunden-Nr", "Kd-Nr", "Debitor", width=16, example="K-10001",
        help=_("Empty for a new customer: the next free number is given. Your old numbers can be kept."),
    )
    kind = Column(
        "Type", "Art", "Kundenart", widget=Choice(synonyms=KINDS), example="company", width=12,
        help=_("Company or private person."),
    )
    company_name = Column("Company", "Name", "Firma", "Firmenname", "Firma 1", width=36, example="Muster Fräsen GmbH")
    salutation = Column("Anrede", widget=Choice(synonyms=SALUTATIONS), width=10)
    title = Column("Titel", width=10)
    first_name = Column("Vorname")
    last_name = Column("Surname", "Nachname", "Familienname")
    person = OfAddress("Department", "Contact", "Abteilung", "Ansprechpartner", "z. Hd.")
    street = OfAddress("Street", "Address", "Straße", "Strasse", "Anschrift", width=30, example="Werkstraße 7")
    extra = OfAddress("Address line 2", "Adresszusatz", "Zusatz")
    postcode = OfAddress("Zip", "Zip code", "Postal code", "PLZ", "Postleitzahl", width=10, example="70565")
    city = OfAddress("Town", "Ort", "Stadt", example="Stuttgart")
    state = OfAddress("Province", "Bundesland", "Kanton", width=14)
    country = OfAddress("Country code", "Land", "Länderkürzel", widget=CountryCode(), example="DE")
    email = Column("E-mail", "Mail", "E-Mail-Adresse", example="office@example.com")
    phone = Column("Telephone", "Telefon", "Tel", example="+49 711 5550100")
    website = Column("Web", "Homepage", "Internet", example="https://www.example.com")
    language = Column("Sprache", widget=Choice(synonyms=LANGUAGES), example="de", width=12)
    vat_id = Column(
        "VAT number", "VAT no", "USt-IdNr", "USt-ID", "Umsatzsteuer-ID", "UID", widget=VatId(), example="DE136695976"
    )
    tax_case = Column(
        "Tax", "Steuerfall", "Besteuerung", width=28,
        help=_("Without this column as usual for the country and the VAT ID."),
    )
    payment_days = Column("Payment terms", "Zahlungsziel", "Zahlungsziel (Tage)", "Tage netto", example="30")
    skonto_percent = Column("Skonto", "Skonto %", "Skonto (%)", example="2")
    skonto_days = Column("Skonto days", "Skontotage", "Skontofrist", example="10")
    discount_percent = Column("Discount", "Rabatt", "Rabatt %", "Rabatt (%)", example="0")
    credit_limit = Column("Kreditlimit", "Kreditrahmen", example="10000")
    invoice_email = Column("Invoice e-mail", "Rechnungs-E-Mail", example="invoices@example.com")
    buyer_reference = Column("Leitweg-ID", "Käuferreferenz")
    address_scheme = Column("EAS", width=20)
    electronic_address = Column("Elektronische Adresse")
    notes = Column("Note", "Comment", "Notizen", "Bemerkung", width=40)
    is_blocked = Column("Gesperrt", readonly=True)
    blocked_reason = Column(readonly=True)
    updated_at = Column()
    # fmt: on

    class Meta:
        model = Customer
        filename = "customers"
        import_id_fields = ["number"]

    @classmethod
    def check_mapping(cls, mapping):
        """The number may be missing: then all rows are new customers."""
        super().check_mapping(mapping if "number" in mapping else [*mapping, "number"])

    def before_import(self, dataset, **kwargs):
        super().before_import(dataset, **kwargs)
        homes = Address.objects.filter(kind=AddressKind.BILLING, is_default=True)
        self.homes = {home.customer_id: home for home in homes}
        self.changed_homes, self.home_fields = [], set()
        self.same_vat, self.same_name = {}, {}

    def after_init_instance(self, instance, new, row, **kwargs):
        """A file of people often has no column that says so; the name tells."""
        super().after_init_instance(instance, new, row, **kwargs)
        instance.home = self.homes.get(instance.pk) or Address(kind=AddressKind.BILLING, is_default=True)
        if new and row.get("kind") is None:
            is_person = row.get("last_name") and not row.get("company_name")
            instance.kind = Kind.PERSON if is_person else Kind.COMPANY
            if "kind" in row:
                row["kind"] = instance.kind

    def check(self, record, row):
        super().check(record, row)
        if row.is_new:
            self._check_new(record, row)
        if row.is_new or self._fields_of_home(row):
            self._check_home(record.home, row)
        self._check_tax(record, row)
        if row.is_new and not row.errors:
            self._refuse_twin(record, row)

    def _fields_of_home(self, row) -> set[str]:
        return set(row.fields) - self.own_fields(row)

    def _check_new(self, customer, row):
        """Also where no field of the customer's own differs from what a new one has."""
        try:
            customer.clean()
        except ValidationError as error:
            for name, text in spoken(error).items():
                row.errors.setdefault(name if name in row else "", text)

    def _check_home(self, home, row):
        try:
            home.clean_fields(exclude=["customer"])
            home.clean()
        except ValidationError as error:
            for name, text in spoken(error).items():
                if name in row:
                    row.errors.setdefault(name, text)
                else:
                    row.errors.setdefault("", f"{Address._meta.get_field(name).verbose_name}: {text}")

    def _check_tax(self, customer, row):
        """Without a tax case in the file it follows the country and the VAT ID."""
        place = {"country": customer.home.country, "vat_id": customer.vat_id}
        is_given = "tax_case" in row
        if row.errors or (is_possible(customer.tax_case, **place) and (is_given or not row.is_new)):
            return
        if is_given and row["tax_case"] is not None:
            row.errors["tax_case"] = str(why_not(customer.tax_case, **place))
            return
        case = suggested_tax_case(**place)
        if case != customer.tax_case:
            if not row.is_new:
                row.changes["tax_case"] = [str(TaxCase(customer.tax_case).label), str(case.label)]
            row.fields.append("tax_case")
            customer.tax_case = case

    @cached_property
    def known(self) -> tuple[dict, dict]:
        """Numbers of the customers who are there, by VAT ID, and by name and postcode."""
        by_vat, by_name = {}, {}
        for number, vat_id, name, postcode in Customer.objects.values_list("number", "vat_id", "name", "postcode"):
            by_vat.setdefault(vat_id, number)
            by_name.setdefault((core_of(name), postcode), number)
        return by_vat, by_name

    def _refuse_twin(self, customer, row):
        """A new row must not be a customer who is there, nor that of another row; its own number says it is not."""
        by_vat, by_name = self.known
        name = (core_of(customer.company_name or f"{customer.first_name} {customer.last_name}"), customer.home.postcode)
        twin = (customer.vat_id and by_vat.get(customer.vat_id)) or by_name.get(name)
        if twin and not row.key:
            row.errors[""] = gettext("This looks like %(number)s. Write that number into the row to change it.") % {
                "number": twin
            }
            return
        other = (customer.vat_id and self.same_vat.get(customer.vat_id)) or self.same_name.get(name)
        if other and not (row.key and other.key):
            row.errors[""] = gettext("This looks like the customer of row %(row)s.") % {"row": other.number}
            return
        self.same_vat.setdefault(customer.vat_id, row)
        self.same_name.setdefault(name, row)

    def save_instance(self, instance, is_create, row, **kwargs):
        """The customer's own row needs no new version where only the address has changed."""
        if is_create or self.own_fields(row):
            super().save_instance(instance, is_create, row, **kwargs)
        if not is_create and (names := self._fields_of_home(row)):
            self.changed_homes.append(instance.home)
            self.home_fields |= names

    def write(self, result):
        for customer in self.create_instances:
            customer.number = customer.number or free_number()
            customer.home.customer = customer
        super().write(result)
        create_all([customer.home for customer in self.create_instances], by=self.user, reason="import")
        update_all(self.changed_homes, self.home_fields, by=self.user, reason="import")


class ContactResource(Resource):
    """Contacts, only for export."""

    customer_number = Column(source="customer__number", heading=_("customer number"))
    customer = Column(source="customer__name", heading=_("customer"), width=36)

    class Meta:
        model = Contact
        filename = "contacts"
        fields = "customer_number customer salutation title first_name last_name role email phone mobile".split()


class FollowUpResource(Resource):
    """What is to be done, only for export."""

    follow_up_by = Column(source="follow_up_by__name")
    customer_number = Column(source="customer__number", heading=_("customer number"))
    customer = Column(source="customer__name", width=36)
    text = Column(width=60)

    class Meta:
        model = Interaction
        filename = "follow-ups"
        fields = "follow_up_on follow_up_by customer_number customer kind text happened_at done_at".split()
