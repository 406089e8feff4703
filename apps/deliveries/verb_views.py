"""The verbs of a delivery as dialogs, and the page on which goods are taken back."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.deliveries.forms import CancelForm, DeliverForm, MailForm, ShipForm, TrackForm
from apps.deliveries.models import Condition, Delivery, DeliveryLine, DeliveryPrinter, DeliveryReturn, Returned
from apps.parts.models import StorageLocation
from gmtc.errors import Refused
from gmtc.forms import DateInput, QuantityField
from gmtc.lines import LineChoiceField, bare
from gmtc.states import is_allowed
from gmtc.views import ActionView, permission_required


class DeliveryAction(ActionView):
    model = Delivery


class DeliveryShip(DeliveryAction):
    permission = "deliveries.ship_delivery"
    form_class = ShipForm
    template_name = "deliveries/delivery_ship.html"
    title = gettext_lazy("Ship %(record)s")
    button = gettext_lazy("Ship")
    done = gettext_lazy("%(record)s was shipped.")


class DeliveryTrack(DeliveryAction):
    permission = "deliveries.ship_delivery"
    form_class = TrackForm
    title = gettext_lazy("Tracking of %(record)s")
    button = gettext_lazy("Save")
    done = gettext_lazy("Tracking of %(record)s noted.")


class DeliveryDeliver(DeliveryAction):
    permission = "deliveries.deliver_delivery"
    form_class = DeliverForm
    title = gettext_lazy("%(record)s has arrived")
    button = gettext_lazy("Delivered")
    done = gettext_lazy("%(record)s has arrived.")


class DeliveryCancel(DeliveryAction):
    permission = "deliveries.cancel_delivery"
    form_class = CancelForm
    template_name = "deliveries/delivery_cancel.html"
    title = gettext_lazy("Cancel %(record)s")
    button = gettext_lazy("Cancel the delivery")
    done = gettext_lazy("%(record)s was cancelled.")
    danger = True


class DeliveryMail(DeliveryAction):
    permission = "deliveries.ship_delivery"
    form_class = MailForm
    title = gettext_lazy("Mail %(record)s")
    button = gettext_lazy("Mail")
    done = gettext_lazy("%(record)s is on its way by mail.")


class DeliveryDiscard(DeliveryAction):
    permission = "deliveries.delete_delivery"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "deliveries:delivery_restore"

    def after(self, delivery):
        return delivery.get_absolute_url() if delivery.deleted_at is None else reverse("deliveries:delivery_list")


class DeliveryRestore(DeliveryAction):
    permission = "deliveries.restore_delivery"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


# --- Taking goods back


class ReturnHeadForm(forms.Form):
    returned_on = forms.DateField(label=gettext_lazy("Came back on"), widget=DateInput())
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


class ReturnLineForm(forms.Form):
    quantity = QuantityField(label=gettext_lazy("Came back"), required=False, min_value=0)
    condition = forms.ChoiceField(label=gettext_lazy("Condition"), choices=Condition)
    location = LineChoiceField(
        StorageLocation.objects.all(),
        "parts:location_choices",
        label=gettext_lazy("Storage location"),
        required=False,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    printers = forms.MultipleChoiceField(
        label=gettext_lazy("Serial numbers"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, line: DeliveryLine, known: dict, **kwargs):
        super().__init__(*args, prefix=f"line-{line.pk}", **kwargs)
        self.line = line
        self.fields["location"].known = known
        self.fields["printers"].choices = [(str(each.pk), each.serial) for each in line.printers_out()]
        for name, field in self.fields.items():
            if name == "printers":
                continue
            extra = "form-select" if name in ("location", "condition") else "form-control"
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} {extra} form-control-sm".strip()
            field.widget.attrs["aria-label"] = f"{field.label}: {line.part.sku}"

    def returned(self) -> Returned:
        """A line with serial numbers counts those that are ticked, where no quantity was typed."""
        data = self.cleaned_data
        quantity = data["quantity"] or Decimal(len(data["printers"]))
        return Returned(
            self.line, quantity, data["condition"], data["location"], data["reason"], tuple(data["printers"])
        )


class ReturnForm:
    """The head and a row for each line of which something is still out."""

    def __init__(self, delivery: Delivery, data=None):
        self.delivery, self.data = delivery, data
        self.head = ReturnHeadForm(data, initial={"returned_on": timezone.localdate()})
        for field in self.head.fields.values():
            field.widget.attrs["class"] = "form-control"

    @cached_property
    def lines(self) -> list[ReturnLineForm]:
        printers = Prefetch("printers", DeliveryPrinter.objects.select_related("printer"))
        lines = [
            line
            for line in self.delivery.lines.select_related("order_line__part").prefetch_related(printers)
            if line.kept_quantity or (self.data is not None and f"line-{line.pk}-quantity" in self.data)
        ]
        location = ReturnLineForm.base_fields["location"]
        keys = {line.part.default_location_id or line.location_id for line in lines}
        if self.data is not None:
            keys |= {self.data.get(f"line-{line.pk}-location") for line in lines}
        known = location.read(key for key in keys if key)
        only = len(lines) == 1 and not lines[0].has_serials
        return [
            ReturnLineForm(
                self.data,
                line=line,
                known=known,
                initial={
                    "quantity": bare(line.kept_quantity) if only else None,
                    "location": line.part.default_location_id or line.location_id,
                },
            )
            for line in lines
        ]

    @property
    def has_serials(self) -> bool:
        return any(row.line.has_serials for row in self.lines)

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), *[line.is_valid() for line in self.lines]])

    def save(self, *, by) -> DeliveryReturn:
        return self.delivery.return_([line.returned() for line in self.lines], by=by, **self.head.cleaned_data)


@permission_required("deliveries.return_delivery")
def delivery_return(request, pk):
    """Take goods back: the lines of which something is out, each with how many, how, why, and where they are put."""
    delivery = get_object_or_404(Delivery.objects.select_related("order__customer"), pk=pk)
    if not is_allowed(Delivery.take_back, delivery):
        messages.error(request, _("Nothing of %(delivery)s is out.") % {"delivery": delivery})
        return redirect(delivery)
    form = ReturnForm(delivery, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            paper = form.save(by=request.user)
        except Refused as refusal:
            form.head.add_error(refusal.field if refusal.field in form.head.fields else None, str(refusal))
        else:
            messages.success(request, _("%(paper)s: goods taken back.") % {"paper": paper})
            return redirect(paper)
    status = 422 if request.method == "POST" else 200
    return render(request, "deliveries/delivery_return.html", {"record": delivery, "form": form}, status=status)
