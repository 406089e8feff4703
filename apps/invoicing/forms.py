from decimal import Decimal

from crispy_forms.layout import Layout
from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.models import Customer
from apps.invoicing.models import Invoice, InvoiceLine
from apps.orders.forms import address_fields, text_area
from apps.parts.models import Part
from gmtc.errors import Refused
from gmtc.forms import DateInput, RemoteSelect, layout_of
from gmtc.lines import DocumentForm, LineChoiceField, LineForm, lines_of

ADDRESSES = ("billing_address", "shipping_address")
AMOUNTS = ("discount_percent", "shipping_cost", "rounding")
# What a new invoice takes from its customer where it is left empty.
TERMS = ("language", "tax_case", "skonto_percent", "skonto_days", "buyer_reference", "profile")


class InvoiceLineForm(LineForm):
    part = LineChoiceField(Part.objects.all(), "orders:part_choices", label=_("Part"), required=False)

    cells = [("part", "description"), ("quantity", "unit"), "unit_price", "discount", "vat_rate"]
    folded = ("details", "delivery_reference", "serials")

    class Meta:
        model = InvoiceLine
        fields = [*InvoiceLine.TYPED]
        widgets = {"details": text_area(1)}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["description"].widget.attrs["placeholder"] = _("Description, as the customer reads it")
        for name in ("discount", "unit"):
            self.fields[name].required = False
        self.fields["discount"].initial = None  # an empty cell says as much as a zero
        self.initial["discount"] = self.initial.get("discount") or None

    @property
    def is_unfolded(self):
        """Delivery notes and serial numbers come from the delivery; nobody needs to see them to change a price."""
        return bool(self["details"].value()) or any(field.errors for field in self.folded_fields)

    def clean_discount(self):
        return self.cleaned_data["discount"] or Decimal(0)

    def clean_unit(self):
        return self.cleaned_data["unit"] or InvoiceLine._meta.get_field("unit").default

    def clean(self):
        data = super().clean()
        part, quantity = data.get("part"), data.get("quantity")
        if part is None and not data.get("description"):
            self.add_error("description", _("Say what is charged, or choose a part."))
        if part and not data.get("description"):
            data["description"] = part.name
        if quantity is not None and not quantity:
            self.add_error("quantity", _("A line needs a quantity."))
        elif part and quantity:
            try:
                part.checked_change(quantity)
            except Refused as refusal:
                self.add_error("quantity", str(refusal))
        return data


class LinesHere:
    """Where the lines stand among the cards of fields."""

    def render(self, form, context, template_pack=None, **kwargs):
        return render_to_string("invoicing/lines.html", {**context.flatten(), "lines": form.lines})


class InvoiceForm(DocumentForm):
    lines_class = lines_of(InvoiceLineForm, least=1)
    customer = forms.ModelChoiceField(
        Customer.objects.all(), widget=RemoteSelect("customers:customer_choices"), label=_("Customer")
    )
    billing_address = address_fields()["billing_address"]
    shipping_address = address_fields()["shipping_address"]
    responsible = forms.ModelChoiceField(User.objects.active(), label=_("Handled by"), required=False)

    head = [
        (
            _("Invoice"),
            [
                ("customer", 6),
                ("customer_reference", 3),
                ("responsible", 3),
                ("billing_address", 6),
                ("shipping_address", 6),
                ("supply_start", 3),
                ("supply_end", 3),
                ("buyer_reference", 3),
                ("profile", 3),
            ],
        )
    ]
    tail = [
        (
            _("Terms"),
            [
                ("discount_percent", 3),
                ("shipping_cost", 3),
                ("rounding", 3),
                ("tax_case", 3),
                ("payment_days", 3),
                ("skonto_percent", 3),
                ("skonto_days", 3),
                ("language", 3),
                ("deducts_advances", 12),
            ],
        ),
        (_("Texts"), [("intro", 6), ("notes", 6), ("internal_notes", 12)]),
    ]

    class Meta:
        model = Invoice
        fields = [
            "customer",
            "customer_reference",
            "responsible",
            "billing_address",
            "shipping_address",
            "supply_start",
            "supply_end",
            "buyer_reference",
            "profile",
            "discount_percent",
            "shipping_cost",
            "rounding",
            "tax_case",
            "payment_days",
            "skonto_percent",
            "skonto_days",
            "language",
            "deducts_advances",
            "intro",
            "notes",
            "internal_notes",
        ]
        widgets = {
            "supply_start": DateInput(),
            "supply_end": DateInput(),
            "intro": text_area(2),
            "notes": text_area(2),
            "internal_notes": text_area(2),
        }

    def __init__(self, data=None, files=None, *, user, initial=None, instance=None, **kwargs):
        initial, customer = dict(initial or {}), None
        if instance is None and data is None:
            initial.setdefault("responsible", user.pk)
            customer = self._in_advance(initial)
        super().__init__(data, files, user=user, initial=initial, instance=instance, **kwargs)
        self._offer_addresses(customer)
        for name in (*TERMS, *AMOUNTS):  # left empty, they are those of the customer, or nothing
            self.fields[name].required = False
        if self.instance.order_id:  # goods of an order go to whoever ordered them
            self.fields["customer"].disabled = True
        else:
            del self.fields["deducts_advances"]

    @staticmethod
    def _in_advance(initial: dict) -> Customer | None:
        """`?customer=` fills the head with the customer's terms."""
        try:
            customer = Customer.objects.filter(pk=initial.get("customer") or None).first()
        except forms.ValidationError:  # nonsense in the address
            return None
        if customer:
            initial |= defaults_of(customer)
        return customer

    def _offer_addresses(self, customer: Customer | None) -> None:
        chosen = customer.pk if customer else self.instance.customer_id
        if self.is_bound and not self.instance.order_id:
            try:
                chosen = self.fields["customer"].to_python(self.data.get(self.add_prefix("customer")))
            except forms.ValidationError:
                chosen = None
        for name in ADDRESSES:
            self.fields[name].offer(chosen)

    @property
    def helper(self):
        helper = super().helper
        tail = [(title, [each for each in fields if each[0] in self.fields]) for title, fields in self.tail]
        helper.layout = Layout(*layout_of(self.head), LinesHere(), *layout_of(tail), "version")
        return helper

    def clean(self):
        data = super().clean()
        for name in AMOUNTS:
            self._fill(name, data, Decimal(0))
        if customer := data.get("customer"):
            for name, value in defaults_of(customer).items():
                if name != "buyer_reference" or self.instance._state.adding:
                    self._fill(name, data, value)
        return data

    def _fill(self, name: str, data: dict, value) -> None:
        if data.get(name) in (None, "") and name not in self.errors:
            data[name] = value
            setattr(self.instance, name, value)


def defaults_of(customer: Customer) -> dict:
    """What a new invoice takes over from its customer."""
    draft = Invoice()
    draft.take_terms_of(customer)
    return {name: getattr(draft, name) for name in TERMS}
