"""The columns of customers in a file: a customer and the standard invoice address in one row."""

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
from gmtc.countries import choices, names
from gmtc.resources import EMPTY, FAULTY, NEW, Analysis, Choice, Lookup, Moment, Number, Resource, Text, YesNo

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


class OfAddress(Text):
    """A column of the standard invoice address."""

    def __init__(self, name, *aliases, **kwargs):
        super().__init__(name, *aliases, source=standard(name), **kwargs)

    # A blank street is a fault of the address as a whole, which `_check_home` finds.
    is_required = False

    def bind(self, model):
        self.field = Address._meta.get_field(self.name)

    @property
    def help(self):
        needed = str(_("A new customer needs it.")) if not self.field.blank and not self.field.has_default() else ""
        return " ".join(filter(None, [str(self._help or self.field.help_text), needed]))


class Country(OfAddress):
    """By its two letters, or its name in either language."""

    width = 14

    def look_up(self):
        lookup = Lookup(by_pk=dict(choices()))
        for language in ("de", "en"):
            lookup.by_text |= {name.casefold(): code for code, name in names(language).items()}
        lookup.by_text |= {code.casefold(): code for code in names("en")} | {
            "d": "DE",
            "a": "AT",
            "usa": "US",
            "uk": "GB",
        }
        return lookup

    def read(self, value, run):
        code = run.lookups[self.name].by_text.get(str(value).strip().casefold())
        if code is None:
            raise ValueError(gettext("There is no country “%(text)s”.") % {"text": value})
        return code

    def export(self, value, lookup):
        return value


class VatId(Text):
    """Kept without blanks and dots, so the same one is the same text."""

    def read(self, value, run):
        return compact_vat_id(super().read(value, run))


class CustomerResource(Resource):
    """Customers by number. A row without one is a new customer, unless somebody looks the same: that is a fault."""

    model = Customer
    key = "number"
    filename = "customers"
    columns = (
        Text("number", "Customer no", "Kundennummer", "Kunden-Nr", "Kd-Nr", "Debitor", width=16, example="K-10001",
             help=_("Empty for a new customer: the next free number is given. Your old numbers can be kept.")),
        Choice("kind", "Type", "Art", "Kundenart", synonyms=KINDS, example="company", width=12,
               help=_("Company or private person.")),
        Text("company_name", "Company", "Name", "Firma", "Firmenname", "Firma 1", width=36,
             example="Muster Fräsen GmbH"),
        Choice("salutation", "Anrede", synonyms=SALUTATIONS, width=10),
        Text("title", "Titel", width=10),
        Text("first_name", "Vorname"),
        Text("last_name", "Surname", "Nachname", "Familienname"),
        OfAddress("person", "Department", "Contact", "Abteilung", "Ansprechpartner", "z. Hd."),
        OfAddress("street", "Street", "Address", "Straße", "Strasse", "Anschrift", width=30, example="Werkstraße 7"),
        OfAddress("extra", "Address line 2", "Adresszusatz", "Zusatz"),
        OfAddress("postcode", "Zip", "Zip code", "Postal code", "PLZ", "Postleitzahl", width=10, example="70565"),
        OfAddress("city", "Town", "Ort", "Stadt", example="Stuttgart"),
        OfAddress("state", "Province", "Bundesland", "Kanton", width=14),
        Country("country", "Country code", "Land", "Länderkürzel", example="DE"),
        Text("email", "E-mail", "Mail", "E-Mail-Adresse", example="office@example.com"),
        Text("phone", "Telephone", "Telefon", "Tel", example="+49 711 5550100"),
        Text("website", "Web", "Homepage", "Internet", example="https://www.example.com"),
        Choice("language", "Sprache", synonyms=LANGUAGES, example="de", width=12),
        VatId("vat_id", "VAT number", "VAT no", "USt-IdNr", "USt-ID", "Umsatzsteuer-ID", "UID", example="DE136695976"),
        Choice("tax_case", "Tax", "Steuerfall", "Besteuerung", width=28,
               help=_("Without this column as usual for the country and the VAT ID."), example=""),
        Number("payment_days", "Payment terms", "Zahlungsziel", "Zahlungsziel (Tage)", "Tage netto", example="30"),
        Number("skonto_percent", "Skonto", "Skonto %", "Skonto (%)", example="2"),
        Number("skonto_days", "Skonto days", "Skontotage", "Skontofrist", example="10"),
        Number("discount_percent", "Discount", "Rabatt", "Rabatt %", "Rabatt (%)", example="0"),
        Number("credit_limit", "Kreditlimit", "Kreditrahmen", example="10000"),
        Text("invoice_email", "Invoice e-mail", "Rechnungs-E-Mail", example="invoices@example.com"),
        Text("buyer_reference", "Leitweg-ID", "Käuferreferenz", example=""),
        Choice("address_scheme", "EAS", width=20, example=""),
        Text("electronic_address", "Elektronische Adresse", example=""),
        Text("notes", "Note", "Comment", "Notizen", "Bemerkung", width=40, example=""),
        YesNo("is_blocked", "Gesperrt", readonly=True),
        Text("blocked_reason", readonly=True),
        Moment("updated_at"),
    )  # fmt: skip

    @classmethod
    def check_mapping(cls, mapping):
        """The number may be missing: then all rows are new customers."""
        super().check_mapping(mapping if cls.key in mapping else [*mapping, cls.key])

    def analyse(self, sheet, mapping, **options) -> Analysis:
        self.homes = {
            address.customer_id: address
            for address in Address.objects.filter(kind=AddressKind.BILLING, is_default=True)
        }
        self.trashed = set(Customer.everything.trashed().values_list("number", flat=True))
        analysis = super().analyse(sheet, mapping, **options)
        self._find_alike(analysis)
        return analysis

    def _apply(self, row, record, columns, run):
        own = [(number, column) for number, column in columns if not isinstance(column, OfAddress)]
        present = {column.name for _number, column in columns}
        if record is None:
            own = self._judge_new(row, own, run)
        super()._apply(row, record, own, run)
        if record is None:
            self._check_new(row, present)
        home = self.homes.get(row.record.pk) or Address(kind=AddressKind.BILLING, is_default=True)
        row.record.home, row.record.home_fields = home, []
        for _number, column in columns:
            if isinstance(column, OfAddress):
                self._apply_to_home(row, home, column, run)
        if row.record.home_fields or home._state.adding:
            self._check_home(row, home, present)
        self._check_tax(row, home, present)
        row.fields += row.record.home_fields

    def _judge_new(self, row, columns, run):
        """A file of people often has no column that says so; the name tells."""
        if row.values.get("kind", EMPTY) is not EMPTY or "kind" in row.errors:
            return columns
        is_person = not _text(row, "company_name") and _text(row, "last_name")
        row.values["kind"] = Kind.PERSON if is_person else Kind.COMPANY
        kind = self.column("kind")
        run.lookups.setdefault("kind", kind.look_up())
        return columns if any(column is kind for _number, column in columns) else [*columns, (0, kind)]

    def _check_new(self, row, present):
        """Also where no field of the customer's own differs from what a new one has."""
        if row.record.number in self.trashed:
            row.errors.setdefault("number", gettext("A customer in the trash has this number."))
        try:
            row.record.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                row.errors.setdefault(name if name in present else "", " ".join(messages))

    def _apply_to_home(self, row, home, column, run):
        name = column.name
        if name not in row.values:
            return
        new, old = row.values[name], getattr(home, name)
        if new is EMPTY:
            if name in row.errors:
                return
            new = column.empty()
        row.shown.setdefault(name, column.show(new, run))
        if column.is_same(old, new):
            return
        if not home._state.adding:
            row.changes[name] = [column.show(old, run), row.shown[name]]
        row.record.home_fields.append(name)
        setattr(home, name, new)

    def _check_home(self, row, home, present):
        try:
            home.clean_fields(exclude=["customer"])
            home.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                field = Address._meta.get_field(name)
                text = " ".join(messages)
                if name in present:
                    row.errors.setdefault(name, text)
                else:
                    row.errors.setdefault("", f"{field.verbose_name}: {text}")

    def _check_tax(self, row, home, present):
        """Without a tax case in the file it follows the country and the VAT ID."""
        customer = row.record
        place = {"country": home.country, "vat_id": customer.vat_id}
        if (
            row.errors
            or is_possible(customer.tax_case, **place)
            and ("tax_case" in present or not customer._state.adding)
        ):
            return
        if "tax_case" in present and row.values.get("tax_case") is not EMPTY:
            row.errors["tax_case"] = str(why_not(customer.tax_case, **place))
            return
        case = suggested_tax_case(**place)
        if case != customer.tax_case:
            if not customer._state.adding:
                row.changes["tax_case"] = [str(TaxCase(customer.tax_case).label), str(case.label)]
            row.fields.append("tax_case")
            customer.tax_case = case

    def _find_alike(self, analysis: Analysis) -> None:
        """A new row must not be a customer who is there: by VAT ID, or by name and postcode."""
        new = [row for row in analysis.rows if row.kind == NEW and not row.key]
        if not new:
            return
        by_vat, by_name = {}, {}
        for number, vat_id, name, postcode in Customer.objects.values_list("number", "vat_id", "name", "postcode"):
            by_vat.setdefault(vat_id, number)
            by_name.setdefault((core_of(name), postcode), number)
        for row in new:
            customer = row.record
            name = customer.company_name or f"{customer.first_name} {customer.last_name}"
            twin = (customer.vat_id and by_vat.get(customer.vat_id)) or by_name.get(
                (core_of(name), customer.home.postcode)
            )
            if twin:
                row.errors[""] = gettext("This looks like %(number)s. Write that number into the row to change it.") % {
                    "number": twin
                }
                row.kind = FAULTY

    def write(self, analysis: Analysis, *, by) -> None:
        new = [row for row in analysis.rows if row.kind == NEW]
        for row in new:
            row.record.number = row.record.number or free_number()
            row.record.home.customer = row.record
        address_names = {column.name for column in self.columns if isinstance(column, OfAddress)}
        for row in analysis.rows:
            row.fields = [name for name in row.fields if name not in address_names]
        kinds = {row.number: row.kind for row in analysis.rows}
        for row in analysis.rows:
            if row.kind not in (NEW, FAULTY) and not row.fields:
                row.kind = "home"  # only its address has changed: the customer's own row needs no new version
        super().write(analysis, by=by)
        create_all([row.record.home for row in new], by=by, reason="import")
        moved = [row for row in analysis.rows if row.kind != NEW and row.record.home_fields]
        update_all(
            [row.record.home for row in moved],
            {name for row in moved for name in row.record.home_fields},
            by=by,
            reason="import",
        )
        for row in analysis.rows:
            row.kind = kinds[row.number]


def _text(row, name: str) -> str:
    value = row.values.get(name)
    return value if isinstance(value, str) else ""


class ContactResource(Resource):
    """Contacts, only for export."""

    model = Contact
    filename = "contacts"
    columns = (
        Text("customer_number", source="customer__number", heading=_("customer number")),
        Text("customer", source="customer__name", heading=_("customer"), width=36),
        Choice("salutation", readonly=True),
        Text("title", readonly=True),
        Text("first_name", readonly=True),
        Text("last_name", readonly=True),
        Text("role", readonly=True),
        Text("email", readonly=True),
        Text("phone", readonly=True),
        Text("mobile", readonly=True),
    )


class FollowUpResource(Resource):
    """What is to be done, only for export."""

    model = Interaction
    filename = "follow-ups"
    columns = (
        Moment("follow_up_on"),
        Text("follow_up_by", source="follow_up_by__name", readonly=True),
        Text("customer_number", source="customer__number", heading=_("customer number")),
        Text("customer", source="customer__name", readonly=True, width=36),
        Choice("kind", readonly=True),
        Text("text", readonly=True, width=60),
        Moment("happened_at"),
        Moment("done_at"),
    )
