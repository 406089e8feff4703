"""How orders are narrowed down; the same for pages, exports and the API."""

from datetime import timedelta

import django_filters
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.models import Customer
from apps.orders.models import CustomerOrder, OrderLine, Status
from apps.parts.models import Part
from gmtc.filters import ChoiceFilter, RemoteFilter, YesNoFilter
from gmtc.forms import DateInput


class OrderState(models.TextChoices):
    """The statuses, and what is open."""

    DRAFT = "draft", _("Draft")
    QUOTED = "quoted", _("Quoted")
    OPEN = "open", _("Open")
    PENDING = "pending", _("Confirmed")
    PRODUCTION = "production", _("In production")
    READY = "ready", _("Ready to ship")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    DECLINED = "declined", _("Declined")
    CANCELLED = "cancelled", _("Cancelled")


class Due(models.TextChoices):
    LATE = "late", _("Late")
    WEEK = "week", _("This week")
    EXPIRED = "expired", _("Quote has expired")


def end_of_week():
    """Sunday."""
    today = timezone.localdate()
    return today + timedelta(days=6 - today.weekday())


class CustomerOrderFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    status = ChoiceFilter(choices=OrderState, method="in_state", label=_("Status"))
    due = ChoiceFilter(choices=Due, method="due_when", label=_("Due"))
    customer = RemoteFilter(
        url_name="customers:customer_choices", queryset=lambda request: Customer.everything.all(), label=_("Customer")
    )
    part = RemoteFilter(
        url_name="orders:part_choices",
        queryset=lambda request: Part.everything.all(),
        method="with_part",
        label=_("Part"),
    )
    responsible = django_filters.ModelChoiceFilter(
        queryset=lambda request: User.objects.active(), label=_("Handled by")
    )
    shippable = YesNoFilter(method="can_ship", label=_("Can be shipped"))
    to_invoice = YesNoFilter(method="is_to_invoice", label=_("To be invoiced"))
    since = django_filters.DateFilter(
        field_name="order_date", lookup_expr="gte", widget=DateInput, label=_("Ordered from")
    )
    until = django_filters.DateFilter(
        field_name="order_date", lookup_expr="lte", widget=DateInput, label=_("Ordered until")
    )
    total_min = django_filters.NumberFilter(field_name="total", lookup_expr="gte", label=_("Total from"))
    total_max = django_filters.NumberFilter(field_name="total", lookup_expr="lte", label=_("Total up to"))

    class Meta:
        model = CustomerOrder
        fields = []

    def search(self, orders, name, text):
        return orders.search(text)

    def in_state(self, orders, name, state):
        return orders.open() if state == OrderState.OPEN else orders.filter(status=Status(state))

    def due_when(self, orders, name, due):
        if due == Due.WEEK:
            return orders.open().filter(promised_date__lte=end_of_week())
        return orders.late() if due == Due.LATE else orders.expired()

    def with_part(self, orders, name, part):
        lines = OrderLine.objects.filter(part=part, order=models.OuterRef("pk"))
        return orders.filter(models.Exists(lines))

    def can_ship(self, orders, name, yes):
        found = CustomerOrder.everything.shippable()
        return orders.filter(pk__in=found.values("pk")) if yes else orders.exclude(pk__in=found.values("pk"))

    def is_to_invoice(self, orders, name, yes):
        found = CustomerOrder.everything.to_invoice()
        return orders.filter(pk__in=found.values("pk")) if yes else orders.exclude(pk__in=found.values("pk"))
