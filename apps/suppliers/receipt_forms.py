"""Forms of goods receipts: taking goods in, and taking a receipt back."""

from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.parts.models import StorageLocation
from apps.suppliers.models import GoodsReceipt, PurchaseOrder, PurchaseOrderLine, Received
from gmtc.forms import DateInput, QuantityField, VerbForm
from gmtc.lines import LineChoiceField, bare


class ReceiptHeadForm(forms.Form):
    delivery_note = forms.CharField(label=_("Supplier's delivery note"), max_length=60, required=False)
    received_on = forms.DateField(label=_("Received on"), widget=DateInput())
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    over_delivery = forms.BooleanField(label=_("Accept more than was ordered"), required=False)


class ReceiptLineForm(forms.Form):
    accepted = QuantityField(label=_("Accepted"), required=False, min_value=0)
    rejected = QuantityField(label=_("Rejected"), required=False, min_value=0)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    location = LineChoiceField(
        StorageLocation.objects.all(),
        "parts:location_choices",
        label=_("Storage location"),
        required=False,
    )

    def __init__(self, *args, line: PurchaseOrderLine, known: dict, **kwargs):
        super().__init__(*args, prefix=f"line-{line.pk}", **kwargs)
        self.line = line
        self.fields["location"].known = known
        for name, field in self.fields.items():
            extra = "form-select" if name == "location" else "form-control"
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {extra} form-control-sm".strip()
            field.widget.attrs["aria-label"] = f"{field.label}: {line.part.sku}"

    def received(self) -> Received:
        data = self.cleaned_data
        return Received(
            self.line, data["accepted"] or Decimal(0), data["rejected"] or Decimal(0), data["location"], data["reason"]
        )


class ReceiptForm:
    """The head and a row for each open line. Without data the rows are filled with what is still to come."""

    def __init__(self, order: PurchaseOrder, data=None):
        self.order, self.data = order, data
        initial = {"received_on": timezone.localdate()}
        self.head = ReceiptHeadForm(data, initial=initial)
        for field in self.head.fields.values():
            is_tick = isinstance(field, forms.BooleanField)
            field.widget.attrs["class"] = "form-check-input" if is_tick else "form-control"

    @cached_property
    def lines(self) -> list[ReceiptLineForm]:
        # A line that was open when the page was made stays in it, so that what somebody typed is never dropped unsaid.
        lines = [
            line
            for line in self.order.lines.select_related("part__default_location")
            if line.is_open or (self.data is not None and f"line-{line.pk}-accepted" in self.data)
        ]
        location = ReceiptLineForm.base_fields["location"]
        keys = {line.part.default_location_id for line in lines}
        if self.data is not None:
            keys |= {self.data.get(f"line-{line.pk}-location") for line in lines}
        known = location.read(key for key in keys if key)
        return [
            ReceiptLineForm(
                self.data,
                line=line,
                known=known,
                initial={"accepted": bare(line.open_quantity), "location": line.part.default_location_id},
            )
            for line in lines
        ]

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), *[line.is_valid() for line in self.lines]])

    def save(self, *, by) -> GoodsReceipt:
        return self.order.receive([line.received() for line in self.lines], by=by, **self.head.cleaned_data)


class ReverseForm(VerbForm):
    note = forms.CharField(label=_("Reason"), max_length=200)

    def call(self):
        self.record.reverse(by=self.user, note=self.cleaned_data["note"])
