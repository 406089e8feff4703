"""How deliveries, returns and orders that wait are narrowed down; the same for pages, exports and the API."""

import django_filters
from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.builds.models import Printer
from apps.customers.models import Customer
from apps.deliveries.models import Carrier, Condition, Delivery, DeliveryReturn, DeliveryReturnLine, Status
from apps.deliveries.ready import complete, planned
from apps.orders.models import CustomerOrder
from apps.orders.models import status as order_status
from apps.parts.models import Part
from gmtc.filters import ChoiceFilter, RemoteFilter, YesNoFilter
from gmtc.forms import DateInput


class SearchFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))

    def search(self, rows, name, text):
        return rows.search(text)


def customer_filter(field_name: str) -> RemoteFilter:
    return RemoteFilter(
        url_name="customers:customer_choices",
        field_name=field_name,
        queryset=lambda request: Customer.everything.all(),
        label=_("Customer"),
    )


def part_filter(method: str) -> RemoteFilter:
    return RemoteFilter(
        url_name="parts:part_choices",
        method=method,
        queryset=lambda request: Part.everything.all(),
        label=_("Part"),
    )


def hidden(model, field_name: str, label) -> django_filters.ModelChoiceFilter:
    """For links from other pages; nobody chooses it here."""
    return django_filters.ModelChoiceFilter(
        queryset=lambda request: model.everything.all(), field_name=field_name, widget=forms.HiddenInput, label=label
    )


class DeliveryFilter(SearchFilter):
    status = ChoiceFilter(choices=Status, label=_("Status"))
    late = YesNoFilter(method="is_late", label=_("Late"))
    returns = YesNoFilter(method="with_returns", label=_("Something came back"))
    carrier = django_filters.ModelChoiceFilter(
        queryset=lambda request: Carrier.everything.all(), label=_("Carrier"), empty_label=_("any")
    )
    customer = customer_filter("order__customer")
    part = part_filter("with_part")
    since = django_filters.DateFilter(
        field_name="shipped_on", lookup_expr="gte", widget=DateInput, label=_("Shipped from")
    )
    until = django_filters.DateFilter(
        field_name="shipped_on", lookup_expr="lte", widget=DateInput, label=_("Shipped until")
    )
    order = hidden(CustomerOrder, "order", pgettext_lazy("sale", "Order"))
    printer = django_filters.ModelChoiceFilter(
        queryset=lambda request: Printer.everything.all(),
        method="with_printer",
        widget=forms.HiddenInput,
        label=_("Printer"),
    )

    class Meta:
        model = Delivery
        fields = []

    def is_late(self, deliveries, name, yes):
        return deliveries.late() if yes else deliveries.exclude(pk__in=Delivery.objects.late())

    def with_returns(self, deliveries, name, yes):
        condition = Delivery.has_returns_condition()
        return deliveries.filter(condition if yes else ~condition)

    def with_part(self, deliveries, name, part):
        lines = Delivery.lines.rel.related_model.objects.filter(delivery=OuterRef("pk"), order_line__part=part)
        return deliveries.filter(Exists(lines))

    def with_printer(self, deliveries, name, printer):
        lines = Delivery.lines.rel.related_model.objects.filter(delivery=OuterRef("pk"), printers__printer=printer)
        return deliveries.filter(Exists(lines))


class DeliveryReturnFilter(SearchFilter):
    customer = customer_filter("delivery__order__customer")
    condition = ChoiceFilter(choices=Condition, method="in_condition", label=_("Condition"))
    part = part_filter("with_part")
    since = django_filters.DateFilter(field_name="returned_on", lookup_expr="gte", widget=DateInput, label=_("From"))
    until = django_filters.DateFilter(field_name="returned_on", lookup_expr="lte", widget=DateInput, label=_("Until"))
    delivery = hidden(Delivery, "delivery", _("Delivery"))

    class Meta:
        model = DeliveryReturn
        fields = []

    def in_condition(self, returns, name, condition):
        lines = DeliveryReturnLine.objects.filter(delivery_return=OuterRef("pk"), condition=condition)
        return returns.filter(Exists(lines))

    def with_part(self, returns, name, part):
        lines = DeliveryReturnLine.objects.filter(delivery_return=OuterRef("pk"), line__order_line__part=part)
        return returns.filter(Exists(lines))


class ReadyFilter(SearchFilter):
    """Orders of which something can be shipped."""

    customer = customer_filter("customer")
    complete = YesNoFilter(method="is_complete", label=_("Everything is there"))
    planned = YesNoFilter(method="is_planned", label=_("A delivery is being packed"))
    late = YesNoFilter(method="is_late", label=_("Late"))
    due = django_filters.DateFilter(
        field_name="promised_date", lookup_expr="lte", widget=DateInput, label=_("Promised until")
    )

    class Meta:
        model = CustomerOrder
        fields = []

    def is_complete(self, orders, name, yes):
        return orders.filter(complete() if yes else ~complete())

    def is_planned(self, orders, name, yes):
        return orders.filter(planned() if yes else ~planned())

    def is_late(self, orders, name, yes):
        late = order_status.late()
        return orders.filter(late if yes else ~late)
