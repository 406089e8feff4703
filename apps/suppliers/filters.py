"""How suppliers, offers, purchase orders and receipts are narrowed down; the same for pages, exports and the API."""

from datetime import timedelta

import django_filters
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Part
from apps.suppliers.models import Currency, GoodsReceipt, PriceListImport, PurchaseOrder, Status, Supplier, SupplierPart
from gmtc.filters import ChoiceFilter, RemoteFilter, YesNoFilter
from gmtc.forms import DateInput
from gmtc.imports import RowKind


class OrderState(models.TextChoices):
    """The statuses, and what follows from dates."""

    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    SENT = "sent", _("Sent")
    PARTIAL = "partial", _("Partially received")
    RECEIVED = "received", _("Received")
    CANCELLED = "cancelled", _("Cancelled")


class Due(models.TextChoices):
    LATE = "late", _("Late")
    WEEK = "week", _("This week")


def this_week() -> tuple:
    """Monday to Sunday."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    return monday, monday + timedelta(days=6)


class SearchFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))

    def search(self, rows, name, text):
        return rows.search(text)


def supplier_filter(**kwargs) -> RemoteFilter:
    return RemoteFilter(
        url_name="suppliers:supplier_choices",
        queryset=lambda request: Supplier.everything.all(),
        **{"label": _("Supplier")} | kwargs,
    )


def part_filter(**kwargs) -> RemoteFilter:
    return RemoteFilter(
        url_name="parts:part_choices", queryset=lambda request: Part.everything.all(), **{"label": _("Part")} | kwargs
    )


class SupplierFilter(SearchFilter):
    currency = ChoiceFilter(choices=Currency, label=_("Currency"))
    country = django_filters.CharFilter(lookup_expr="iexact", label=_("Country"))
    rating_min = django_filters.NumberFilter(field_name="rating", lookup_expr="gte", label=_("Rating from"))
    blocked = YesNoFilter(field_name="is_blocked", label=_("Blocked"))
    open = YesNoFilter(method="has_open", label=_("With open orders"))
    part = part_filter(method="supplies", label=_("Supplies part"))

    class Meta:
        model = Supplier
        fields = []

    def has_open(self, suppliers, name, yes):
        orders = PurchaseOrder.objects.open().filter(supplier=models.OuterRef("pk"))
        return suppliers.filter(models.Exists(orders) if yes else ~models.Exists(orders))

    def supplies(self, suppliers, name, part):
        return suppliers.filter(models.Exists(SupplierPart.objects.filter(supplier=models.OuterRef("pk"), part=part)))


class SupplierPartFilter(SearchFilter):
    supplier = supplier_filter()
    part = part_filter()
    preferred = YesNoFilter(field_name="is_preferred", label=_("Preferred"))
    blocked = YesNoFilter(field_name="supplier__is_blocked", label=_("Supplier is blocked"))
    price_min = django_filters.NumberFilter(field_name="price", lookup_expr="gte", label=_("Price from"))
    price_max = django_filters.NumberFilter(field_name="price", lookup_expr="lte", label=_("Price up to"))
    price_before = django_filters.DateFilter(
        field_name="price_date", lookup_expr="lt", widget=DateInput, label=_("Price older than")
    )
    imported = django_filters.ModelChoiceFilter(
        queryset=lambda request: PriceListImport.objects.all(),
        method="from_import",
        label=_("Price list"),
        widget=django_filters.widgets.forms.HiddenInput,
    )

    class Meta:
        model = SupplierPart
        fields = []

    def from_import(self, items, name, data_import):
        touched = data_import.rows.exclude(kind=RowKind.UNCHANGED)
        return items.filter(models.Exists(touched.filter(record_id=models.OuterRef("pk"))))


class PurchaseOrderFilter(SearchFilter):
    status = ChoiceFilter(choices=OrderState, method="in_state", label=_("Status"))
    due = ChoiceFilter(choices=Due, method="due_when", label=_("Due"))
    supplier = supplier_filter()
    part = part_filter(method="with_part")
    since = django_filters.DateFilter(
        field_name="order_date", lookup_expr="gte", widget=DateInput, label=_("Ordered from")
    )
    until = django_filters.DateFilter(
        field_name="order_date", lookup_expr="lte", widget=DateInput, label=_("Ordered until")
    )
    total_min = django_filters.NumberFilter(field_name="total", lookup_expr="gte", label=_("Total from"))
    total_max = django_filters.NumberFilter(field_name="total", lookup_expr="lte", label=_("Total up to"))

    class Meta:
        model = PurchaseOrder
        fields = []

    def in_state(self, orders, name, state):
        return orders.open() if state == OrderState.OPEN else orders.filter(status=Status(state))

    def due_when(self, orders, name, due):
        return orders.late() if due == Due.LATE else orders.due(*this_week())

    def with_part(self, orders, name, part):
        lines = part_lines(part)
        return orders.filter(models.Exists(lines.filter(purchase_order=models.OuterRef("pk"))))


def part_lines(part):
    return PurchaseOrder.lines.rel.related_model.objects.filter(part=part)


class GoodsReceiptFilter(SearchFilter):
    supplier = supplier_filter(field_name="purchase_order__supplier")
    purchase_order = django_filters.UUIDFilter(
        label=_("Purchase order (id)"), widget=django_filters.widgets.forms.HiddenInput
    )
    since = django_filters.DateFilter(field_name="received_on", lookup_expr="gte", widget=DateInput, label=_("From"))
    until = django_filters.DateFilter(field_name="received_on", lookup_expr="lte", widget=DateInput, label=_("Until"))
    rejected = YesNoFilter(method="with_rejected", label=_("With rejected goods"))

    class Meta:
        model = GoodsReceipt
        fields = []

    def with_rejected(self, receipts, name, yes):
        lines = GoodsReceipt.lines.rel.related_model.objects.filter(receipt=models.OuterRef("pk"), rejected__gt=0)
        return receipts.filter(models.Exists(lines) if yes else ~models.Exists(lines))
