from decimal import Decimal

from crispy_forms.layout import Layout
from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.accounts.models import User
from apps.company.models import Company
from apps.customers.models import Address, Contact, Customer
from apps.orders.models import CustomerOrder, OrderLine, tax_of
from apps.parts.models import Part
from gmtc.errors import Refused
from gmtc.forms import DateInput, KeyValueField, RemoteSelect, layout_of
from gmtc.lines import DocumentForm, LineChoiceField, LineForm, bare, lines_of

ADDRESSES = ("billing_address", "shipping_address")
# What a new order takes from its customer where it is left empty.
TERMS = ("language", "tax_case", "skonto_percent", "skonto_days")


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class PersonOfCustomer(forms.ModelChoiceField):
    """A contact or an address. Those of one customer are few, so the page holds them all."""

    def __init__(self, model, **kwargs):
        super().__init__(model.objects.none(), required=False, **kwargs)
        self.model = model

    def offer(self, customer_id) -> None:
        rows = self.model.objects.filter(customer=customer_id) if customer_id else self.model.objects.none()
        self.queryset = rows.select_related("customer")


def address_fields() -> dict[str, PersonOfCustomer]:
    return {
        "billing_address": PersonOfCustomer(Address, label=_("Invoice address"), empty_label=_("Standard")),
        "shipping_address": PersonOfCustomer(Address, label=_("Delivery address"), empty_label=_("Standard")),
    }


class OrderLineForm(LineForm):
    part = LineChoiceField(Part.objects.sellable(), "orders:part_choices", label=_("Part"))
    customizations = KeyValueField(label=_("Customizations"), required=False)

    cells = [("part", "description"), "quantity", "unit_price", "discount", "vat_rate"]
    folded = ("details", "customizations")

    class Meta:
        model = OrderLine
        fields = [*OrderLine.TYPED]
        widgets = {"details": text_area(1)}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["description"].widget.attrs["placeholder"] = _("Description, as the customer reads it")
        self.fields["discount"].required = False
        self.fields["discount"].initial = None  # an empty cell says as much as a zero
        self.initial["discount"] = self.initial.get("discount") or None

    def clean_discount(self):
        return self.cleaned_data["discount"] or Decimal(0)

    def clean(self):
        data = super().clean()
        part, quantity = data.get("part"), data.get("quantity")
        if part and quantity:
            try:
                part.checked_quantity(quantity)
            except Refused as refusal:
                self.add_error("quantity", str(refusal))
        return data


class LinesHere:
    """Where the lines stand among the cards of fields."""

    def render(self, form, context, template_pack=None, **kwargs):
        return render_to_string("orders/lines.html", {**context.flatten(), "lines": form.lines})


class OrderForm(DocumentForm):
    lines_class = lines_of(OrderLineForm, least=1)
    customer = forms.ModelChoiceField(
        Customer.objects.all(), widget=RemoteSelect("customers:customer_choices"), label=_("Customer")
    )
    contact = PersonOfCustomer(Contact, label=_("Contact"), empty_label=_("nobody in particular"))
    billing_address = address_fields()["billing_address"]
    shipping_address = address_fields()["shipping_address"]
    responsible = forms.ModelChoiceField(User.objects.active(), label=_("Handled by"), required=False)

    head = [
        (
            pgettext_lazy("sales", "Order"),
            [
                ("customer", 6),
                ("contact", 3),
                ("customer_reference", 3),
                ("billing_address", 6),
                ("shipping_address", 6),
                ("requested_date", 3),
                ("promised_date", 3),
                ("valid_until", 3),
                ("responsible", 3),
            ],
        )
    ]
    tail = [
        (
            _("Terms"),
            [
                ("discount_percent", 3),
                ("shipping_cost", 3),
                ("tax_case", 3),
                ("language", 3),
                ("payment_days", 3),
                ("skonto_percent", 3),
                ("skonto_days", 3),
            ],
        ),
        (_("Texts"), [("intro", 6), ("notes", 6), ("internal_notes", 12)]),
    ]

    class Meta:
        model = CustomerOrder
        fields = [
            "customer",
            "contact",
            "customer_reference",
            "billing_address",
            "shipping_address",
            "requested_date",
            "promised_date",
            "valid_until",
            "responsible",
            "discount_percent",
            "shipping_cost",
            "tax_case",
            "language",
            "payment_days",
            "skonto_percent",
            "skonto_days",
            "intro",
            "notes",
            "internal_notes",
        ]
        widgets = {
            "requested_date": DateInput(),
            "promised_date": DateInput(),
            "valid_until": DateInput(),
            "intro": text_area(2),
            "notes": text_area(2),
            "internal_notes": text_area(2),
        }

    def __init__(self, data=None, files=None, *, user, initial=None, instance=None, **kwargs):
        initial, rows, customer = dict(initial or {}), None, None
        if instance is None and data is None:
            initial.setdefault("responsible", user.pk)
            customer, rows = self._in_advance(initial)
        super().__init__(data, files, user=user, initial=initial, instance=instance, rows=rows, **kwargs)
        self._offer_people(customer)
        for name in TERMS:  # left empty, they are those of the customer
            self.fields[name].required = False
        for name in ("discount_percent", "shipping_cost"):
            self.fields[name].required = False

    @staticmethod
    def _in_advance(initial: dict) -> tuple[Customer | None, list[dict] | None]:
        """`?customer=&part=&quantity=` fills the head with the customer's terms and a line with the part."""
        try:
            customer = Customer.objects.filter(pk=initial.get("customer") or None).first()
            part = Part.objects.sellable().filter(pk=initial.get("part") or None).first()
        except forms.ValidationError:  # nonsense in the address
            return None, None
        order = CustomerOrder()
        if customer:
            initial |= defaults_of(customer)
            initial.setdefault("contact", customer.primary_contact)
            order.take_terms_of(customer)
        if not part:
            return customer, None
        try:
            quantity = part.checked_quantity(initial.get("quantity") or 1)
        except Refused:  # nonsense in the address
            quantity = Decimal(1)
        values = line_values(part, order if customer else None) | {"part": part.pk, "quantity": quantity}
        return customer, [{name: bare(value) for name, value in values.items()}]

    def _offer_people(self, customer: Customer | None) -> None:
        chosen = customer.pk if customer else self.instance.customer_id
        if self.is_bound:
            try:
                chosen = self.fields["customer"].to_python(self.data.get(self.add_prefix("customer")))
            except forms.ValidationError:
                chosen = None
        for name in ("contact", *ADDRESSES):
            self.fields[name].offer(chosen)

    @property
    def helper(self):
        helper = super().helper
        helper.layout = Layout(*layout_of(self.head), LinesHere(), *layout_of(self.tail), "version")
        return helper

    def clean(self):
        data = super().clean()
        for name in ("discount_percent", "shipping_cost"):
            self._fill(name, data, Decimal(0))
        if customer := data.get("customer"):
            for name, value in defaults_of(customer).items():
                self._fill(name, data, value)
        return data

    def _fill(self, name: str, data: dict, value) -> None:
        if data.get(name) in (None, "") and name not in self.errors:
            data[name] = value
            setattr(self.instance, name, value)


def defaults_of(customer: Customer) -> dict:
    """What a new order takes over from its customer."""
    return {
        "language": customer.language,
        "tax_case": tax_of(customer, Company.current()).value,
        "skonto_percent": customer.skonto_percent,
        "skonto_days": customer.skonto_days,
    }


def line_values(part: Part, order: CustomerOrder | None) -> dict:
    """What a line takes over from its part, and from the order's customer; `order` need not be stored."""
    values = {"description": part.name, "unit_price": part.unit_price}
    if order:
        values |= {"vat_rate": order.usual_vat_rate(), "discount": order.customer.discount_percent or None}
    return values
