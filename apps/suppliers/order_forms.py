"""Forms of purchase orders: the order itself, and what its verbs ask."""

from datetime import timedelta
from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.parts.models import Part
from apps.suppliers.forms import SupplierField, text_area
from apps.suppliers.models import PurchaseOrder, PurchaseOrderLine, Supplier, SupplierPart
from gmtc.errors import Refused
from gmtc.forms import DateInput, VerbForm
from gmtc.lines import DocumentForm, LineChoiceField, LineForm, lines_of


class PurchaseOrderLineForm(LineForm):
    part = LineChoiceField(Part.objects.all(), "parts:part_choices", label=_("Part"))

    cells = [
        ("part", "description"),
        "supplier_sku",
        "quantity",
        "unit_price",
        "discount",
        ("expected_date", "tolerance"),
    ]

    class Meta:
        model = PurchaseOrderLine
        fields = [*PurchaseOrderLine.TYPED]
        widgets = {"expected_date": DateInput()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["description"].widget.attrs["placeholder"] = _("Description, as the supplier calls it")
        for name in ("discount", "tolerance"):  # an empty cell says as much as a zero
            self.fields[name].required = False
            self.fields[name].initial = None
            self.initial[name] = self.initial.get(name) or None

    def clean_discount(self):
        return self.cleaned_data["discount"] or Decimal(0)

    def clean_tolerance(self):
        return self.cleaned_data["tolerance"] or Decimal(0)

    def clean(self):
        data = super().clean()
        part, quantity = data.get("part"), data.get("quantity")
        if part and quantity:
            try:
                part.checked_quantity(quantity)
            except Refused as refusal:
                self.add_error("quantity", str(refusal))
        return data


class PurchaseOrderForm(DocumentForm):
    lines_class = lines_of(PurchaseOrderLineForm, least=1)
    supplier = SupplierField()
    ordered_by = forms.ModelChoiceField(User.objects.active(), label=_("Ordered by"), required=False)

    groups = [
        (
            _("Order"),
            [
                ("supplier", 6),
                ("expected_delivery_date", 3),
                ("ordered_by", 3),
                ("currency", 3),
                ("exchange_rate", 3),
                ("language", 3),
                ("supplier_reference", 3),
            ],
        ),
        (_("Texts"), [("notes", 6), ("internal_notes", 6)]),
    ]

    class Meta:
        model = PurchaseOrder
        fields = [
            "supplier",
            "expected_delivery_date",
            "ordered_by",
            "currency",
            "exchange_rate",
            "language",
            "supplier_reference",
            "notes",
            "internal_notes",
        ]
        widgets = {"notes": text_area(2), "internal_notes": text_area(2), "expected_delivery_date": DateInput()}

    def __init__(self, data=None, files=None, *, user, initial=None, instance=None, **kwargs):
        initial = dict(initial or {})
        rows = None
        if instance is None and data is None:
            initial.setdefault("ordered_by", user.pk)
            rows = self._in_advance(initial)
        super().__init__(data, files, user=user, initial=initial, instance=instance, rows=rows, **kwargs)
        for name in ("currency", "exchange_rate", "language"):  # left empty, they are those of the supplier
            self.fields[name].required = False

    @staticmethod
    def _in_advance(initial: dict) -> list[dict] | None:
        """`?supplier=&part=&quantity=` fills the head with the supplier's terms and a line with its offer."""
        try:
            supplier = Supplier.objects.filter(pk=initial.get("supplier") or None).first()
            offer = (
                SupplierPart.objects.filter(supplier=supplier, part=initial.get("part") or None).with_breaks().first()
            )
        except forms.ValidationError:  # nonsense in the address
            return None
        if supplier:
            initial |= defaults_of(supplier)
        if not offer:
            return None
        try:
            wanted = offer.part.checked_quantity(initial.get("quantity") or offer.part.reorder_quantity or offer.moq)
        except Refused:  # nonsense in the address
            wanted = offer.moq
        quantity = offer.order_quantity(wanted)
        return [line_values(offer, quantity) | {"part": offer.part_id, "quantity": quantity}]

    def clean(self):
        data = super().clean()
        if supplier := data.get("supplier"):
            for name in ("currency", "exchange_rate", "language"):
                if not data.get(name):
                    data[name] = getattr(supplier, name)
                    setattr(self.instance, name, data[name])
        return data


def defaults_of(supplier: Supplier) -> dict:
    """What a new order takes over from its supplier."""
    return {
        "currency": supplier.currency,
        "exchange_rate": supplier.exchange_rate,
        "language": supplier.language,
        "expected_delivery_date": timezone.localdate() + timedelta(days=supplier.lead_time_days),
    }


def line_values(offer: SupplierPart, quantity: Decimal) -> dict:
    """What a line takes over from an offer."""
    return {
        "supplier_sku": offer.supplier_sku,
        "description": offer.name or offer.part.name,
        "unit_price": offer.price_for(quantity),
    }


class SendForm(VerbForm):
    order_date = forms.DateField(label=_("Order date"), widget=DateInput())
    mail_to = forms.EmailField(
        label=_("Mail to"), required=False, help_text=_("With the PDF attached. Empty: nothing is mailed.")
    )
    message = forms.CharField(label=_("Text of the mail"), required=False, widget=text_area(6))
    groups = [("", [("order_date", 6), ("mail_to", 6), ("message", 12)])]

    def __init__(self, *args, record, **kwargs):
        initial = {"order_date": timezone.localdate(), "mail_to": record.supplier.order_address()}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        self.fields["message"].help_text = _("Empty: our usual text, in the language of the order.")

    def call(self):
        data = self.cleaned_data
        self.record.send(
            by=self.user, order_date=data["order_date"], mail_to=data["mail_to"], message=data["message"].strip()
        )


class MailForm(VerbForm):
    to = forms.EmailField(label=_("Mail to"))
    message = forms.CharField(
        label=_("Text of the mail"),
        required=False,
        widget=text_area(6),
        help_text=_("Empty: our usual text, in the language of the order."),
    )
    groups = [("", [("to", 12), ("message", 12)])]

    def __init__(self, *args, record, **kwargs):
        kwargs["initial"] = {"to": record.mailed_to or record.supplier.order_address()} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        self.record.mail(by=self.user, to=self.cleaned_data["to"], message=self.cleaned_data["message"].strip())


class CancelForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def call(self):
        self.record.cancel(by=self.user, reason=self.cleaned_data["reason"])


class CloseShortForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def call(self):
        self.record.close_short(by=self.user, reason=self.cleaned_data["reason"])


class AcknowledgeForm(VerbForm):
    supplier_reference = forms.CharField(label=_("Number of their confirmation"), max_length=60, required=False)
    expected_delivery_date = forms.DateField(label=_("Delivery expected on"), widget=DateInput(), required=False)
    groups = [("", [("supplier_reference", 6), ("expected_delivery_date", 6)])]

    def __init__(self, *args, record, **kwargs):
        initial = {name: getattr(record, name) for name in ("supplier_reference", "expected_delivery_date")}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        self.lines = [line for line in record.lines.select_related("part") if line.is_open]
        for line in self.lines:
            self.fields[self.name_of(line)] = forms.DateField(
                label=f"{line.position}. {line.part.sku}",
                widget=DateInput(),
                required=False,
                initial=line.expected_date,
            )

    @staticmethod
    def name_of(line) -> str:
        return f"line-{line.pk}"

    @property
    def helper(self):
        self.groups = [*self.groups[:1], (_("Dates of single lines"), [(self.name_of(line), 6) for line in self.lines])]
        return super().helper

    def call(self):
        data = self.cleaned_data
        self.record.acknowledge(
            by=self.user,
            supplier_reference=data["supplier_reference"],
            expected_delivery_date=data["expected_delivery_date"],
            lines={line.pk: data[self.name_of(line)] for line in self.lines},
        )
