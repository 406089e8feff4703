from crispy_forms.layout import Layout
from django import forms
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.customers.forms import CountryField
from apps.deliveries.models import Carrier, Delivery, DeliveryLine
from apps.deliveries.promises import promised_of
from apps.deliveries.proposal import printers_for
from apps.orders.models import CustomerOrder, OrderLine
from apps.parts.models import StorageLocation
from gmtc.forms import AmountField, DateInput, RecordForm, VerbForm, layout_of
from gmtc.lines import DocumentForm, LineChoiceField, LineForm, bare, lines_of


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class CarrierField(forms.ModelChoiceField):
    """A handful, so all are offered; `also` is one that is used already, though it is not offered any more."""

    def __init__(self, **kwargs):
        super().__init__(
            Carrier.objects.active(),
            **{"label": _("Carrier"), "required": False, "empty_label": _("not chosen yet")} | kwargs,
        )

    def offer(self, also) -> None:
        self.queryset = Carrier.objects.filter(Q(is_active=True) | Q(pk=also))


class CarrierForm(RecordForm):
    groups = [("", [("name", 6), ("service", 6), ("tracking_url", 12), ("is_pickup", 12), ("is_active", 12)])]
    not_copied = ("name",)

    class Meta:
        model = Carrier
        fields = ["name", "service", "tracking_url", "is_pickup", "is_active"]
        widgets = {"tracking_url": forms.TextInput(attrs={"placeholder": "https://www.example.com/?n={number}"})}


# --- Delivery with its lines


class OrderLineField(LineChoiceField):
    """A line of the order at hand; every row offers the same few, read once."""

    def __init__(self, **kwargs):
        forms.ModelChoiceField.__init__(self, OrderLine.objects.all(), **kwargs)
        self.known = {}

    def read(self, keys):
        return {}


class DeliveryLineForm(LineForm):
    order_line = OrderLineField(label=_("Line of the order"))
    location = LineChoiceField(
        StorageLocation.objects.all(), "parts:location_choices", label=_("Taken from"), required=False
    )
    roles = {}
    cells = ["order_line", "quantity", "location"]

    class Meta:
        model = DeliveryLine
        fields = [*DeliveryLine.TYPED]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["order_line"]
        field.widget.choices = [("", ""), *((key, line.label) for key, line in field.known.items())]


class DeliveryLines(lines_of(DeliveryLineForm, least=1)):
    order: CustomerOrder | None = None

    @cached_property
    def known(self):
        return super().known | {"order_line": self.order_lines}

    @cached_property
    def order_lines(self) -> dict[str, OrderLine]:
        """What can be chosen: lines of which something is open, and those that stand here already."""
        if self.order is None:
            return {}
        here = {line.order_line_id for line in self.stored}
        lines = list(self.order.lines.select_related("part").order_by("position"))
        promised = promised_of([line.pk for line in lines], but=self.stored[0].delivery_id if self.stored else None)
        found = {}
        for line in lines:
            line.order = self.order
            open_quantity = line.open_quantity - promised.get(line.pk, 0)
            if open_quantity > 0 or line.pk in here:
                line.label = _("%(position)s · %(sku)s: %(open)s open") % {
                    "position": line.position,
                    "sku": line.part.sku,
                    "open": f"{bare(open_quantity)} {line.part.get_unit_display()}",
                }
                found[str(line.pk)] = line
        return found


class LinesHere:
    """Where the lines stand among the cards of fields."""

    def render(self, form, context, template_pack=None, **kwargs):
        return render_to_string("deliveries/lines.html", {**context.flatten(), "lines": form.lines})


class DeliveryForm(DocumentForm):
    lines_class = DeliveryLines
    order = forms.ModelChoiceField(CustomerOrder.objects.select_related("customer"), widget=forms.HiddenInput)
    carrier = CarrierField()
    country = CountryField(initial="DE")

    head = [
        (
            _("Shipping"),
            [
                ("ship_by", 3),
                ("carrier", 5),
                ("service", 4),
                ("package_count", 4),
                ("weight", 4),
                ("language", 4),
                "order",
            ],
        ),
    ]
    tail = [
        (
            _("Ship to"),
            [
                ("name", 6),
                ("person", 6),
                ("street", 6),
                ("extra", 6),
                ("postcode", 2),
                ("city", 4),
                ("state", 3),
                ("country", 3),
            ],
        ),
        (_("Texts"), [("notes", 6), ("internal_notes", 6)]),
    ]
    groups = [*head, *tail]

    class Meta:
        model = Delivery
        fields = [
            "order",
            "ship_by",
            "carrier",
            "service",
            "package_count",
            "weight",
            "language",
            "name",
            "person",
            "street",
            "extra",
            "postcode",
            "city",
            "state",
            "country",
            "notes",
            "internal_notes",
        ]
        widgets = {"notes": text_area(2), "internal_notes": text_area(2), "ship_by": DateInput()}

    def __init__(self, data=None, files=None, *, user, initial=None, instance=None, **kwargs):
        initial, rows, order = dict(initial or {}), None, None
        if instance is not None:
            order = instance.order
        elif data is not None:
            order = find_order(data.get("order"))
        elif order := find_order(initial.get("order")):
            begun = Delivery.begin(order)
            initial = {name: getattr(begun, name) for name in self._meta.fields if name != "carrier"} | initial
            initial["order"] = order.pk
            rows = [
                {"order_line": row.order_line.pk, "quantity": bare(row.quantity), "location": key_of(row.location)}
                for row in Delivery.propose(order)
            ]
        super().__init__(data, files, user=user, initial=initial, instance=instance, rows=rows, **kwargs)
        self.lines.order = order
        self.fields["carrier"].offer(self.instance.carrier_id)
        if not self.instance._state.adding:
            self.fields["order"].disabled = True

    @property
    def helper(self):
        helper = super().helper
        helper.layout = Layout(*layout_of(self.head), LinesHere(), *layout_of(self.tail), "version")
        return helper


def find_order(key) -> CustomerOrder | None:
    """None for nonsense, and for an order that is in the trash."""
    try:
        return CustomerOrder.objects.select_related("customer").filter(pk=key or None).first()
    except forms.ValidationError:
        return None


def key_of(record):
    return record.pk if record else None


# --- Verbs


class ShipForm(VerbForm):
    shipped_on = forms.DateField(label=_("Shipped on"), widget=DateInput())
    expected_on = forms.DateField(label=_("Arrives on"), widget=DateInput(), required=False)
    carrier = CarrierField()
    service = forms.CharField(
        label=_("Service"), max_length=60, required=False, help_text=_("Empty: the carrier's usual service.")
    )
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=80, required=False)
    package_count = forms.IntegerField(label=_("Packages"), min_value=1, max_value=99)
    weight = AmountField(label=_("Weight (kg)"), max_digits=12, decimal_places=3, required=False)
    mail_to = forms.EmailField(
        label=_("Tell the customer by mail"),
        required=False,
        help_text=_("With the delivery note and the way to follow the parcel. Empty: nothing is mailed."),
    )
    message = forms.CharField(
        label=_("Text of the mail"),
        required=False,
        widget=text_area(2),
        help_text=_("Empty: our usual text, in the language of the delivery."),
    )
    groups = [
        (
            "",
            [
                ("shipped_on", 6),
                ("expected_on", 6),
                ("carrier", 6),
                ("service", 6),
                ("tracking_number", 6),
                ("package_count", 3),
                ("weight", 3),
            ],
        ),
    ]
    last_groups = [(_("Mail"), [("mail_to", 12), ("message", 12)])]

    def __init__(self, *args, record, **kwargs):
        initial = {name: getattr(record, name) for name in ("expected_on", "carrier", "service", "tracking_number")}
        initial |= {"shipped_on": timezone.localdate(), "package_count": record.package_count}
        initial |= {"weight": bare(record.weight), "mail_to": record.mail_address()}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        self.fields["carrier"].offer(record.carrier_id)
        self.serial_lines = self._offer_printers()

    def _offer_printers(self) -> list[DeliveryLine]:
        """A field with the printers in stock for each serialised line, those built for it chosen in advance."""
        lines = list(self.record.lines.select_related("order_line__part"))
        lines = [line for line in lines if line.has_serials]
        printers, used = printers_for([line.order_line for line in lines]), set()
        for line in lines:
            offered = printers[line.order_line_id]
            chosen = [each for each in offered if each.pk not in used][: int(line.quantity)]
            used |= {each.pk for each in chosen}
            self.fields[self.name_of(line)] = forms.MultipleChoiceField(
                label=_("Choose %(quantity)s × %(part)s") % {"quantity": bare(line.quantity), "part": line.part.sku},
                choices=[(str(each.pk), printer_label(each, line)) for each in offered],
                widget=forms.CheckboxSelectMultiple,
                initial=[str(each.pk) for each in chosen],
                required=False,
                help_text="" if offered else _("None of them is in stock."),
            )
        return lines

    @staticmethod
    def name_of(line) -> str:
        return f"printers-{line.pk}"

    @property
    def helper(self):
        serials = [(_("Serial numbers"), [(self.name_of(line), 12) for line in self.serial_lines])]
        self.groups = [*type(self).groups, *(serials if self.serial_lines else []), *self.last_groups]
        return super().helper

    def call(self):
        data = self.cleaned_data
        self.record.ship(
            by=self.user,
            printers={line.pk: data[self.name_of(line)] for line in self.serial_lines},
            shipped_on=data["shipped_on"],
            mail_to=data["mail_to"],
            message=data["message"].strip(),
            **{name: data[name] for name in Delivery.SHIPMENT},
        )


def printer_label(printer, line) -> str:
    other = printer.order_line
    if other is None or other.pk == line.order_line_id:
        return printer.serial
    return _("%(serial)s (built for %(order)s)") % {"serial": printer.serial, "order": other.order}


class TrackForm(VerbForm):
    carrier = CarrierField(required=True)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=80, required=False)
    expected_on = forms.DateField(label=_("Arrives on"), widget=DateInput(), required=False)
    groups = [("", [("carrier", 12), ("tracking_number", 6), ("expected_on", 6)])]

    def __init__(self, *args, record, **kwargs):
        initial = {name: getattr(record, name) for name in ("carrier", "tracking_number", "expected_on")}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)
        self.fields["carrier"].offer(record.carrier_id)

    def call(self):
        self.record.track(by=self.user, **self.cleaned_data)


class DeliverForm(VerbForm):
    delivered_on = forms.DateField(label=_("Delivered on"), widget=DateInput())
    received_by = forms.CharField(label=_("Received by"), max_length=120, required=False)
    groups = [("", [("delivered_on", 6), ("received_by", 6)])]

    def __init__(self, *args, record, **kwargs):
        today = timezone.localdate()
        arrived = record.expected_on if record.expected_on and record.expected_on < today else today
        kwargs["initial"] = {"delivered_on": arrived} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        self.record.deliver(by=self.user, **self.cleaned_data)


class CancelForm(VerbForm):
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def call(self):
        self.record.cancel(by=self.user, reason=self.cleaned_data["reason"])


class MailForm(VerbForm):
    to = forms.EmailField(label=_("Mail to"))
    message = forms.CharField(
        label=_("Text of the mail"),
        required=False,
        widget=text_area(6),
        help_text=_("Empty: our usual text, in the language of the delivery."),
    )
    groups = [("", [("to", 12), ("message", 12)])]

    def __init__(self, *args, record, **kwargs):
        kwargs["initial"] = {"to": record.mailed_to or record.mail_address()} | (kwargs.get("initial") or {})
        super().__init__(*args, record=record, **kwargs)

    def call(self):
        self.record.mail(by=self.user, to=self.cleaned_data["to"], message=self.cleaned_data["message"].strip())
