"""How customers and follow-ups are narrowed down; the same for pages, exports and the API."""

from datetime import timedelta

import django_filters
from django import forms
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.customers.models import Customer, CustomerImport, Interaction, InteractionKind, Kind, TaxCase
from gmtc.countries import EU_VAT, choices
from gmtc.filters import ChoiceFilter, RemoteFilter, YesNoFilter
from gmtc.forms import DateInput
from gmtc.imports import RowKind


class Region(models.TextChoices):
    GERMANY = "de", _("Germany")
    EU = "eu", _("Rest of the EU")
    WORLD = "world", _("Outside the EU")


REGIONS = {
    Region.GERMANY: Q(country="DE"),
    Region.EU: Q(country__in=EU_VAT - {"DE"}),
    Region.WORLD: ~Q(country__in=EU_VAT),
}
UNCHECKED_VAT = Q(tax_case__in=[TaxCase.INTRA_EU, TaxCase.REVERSE_CHARGE]) & ~Q(
    vat_result="valid", vat_checked_id=models.F("vat_id")
)


def used_countries():
    """Only those where somebody is: a list of 250 would hide the six that count."""
    used = set(Customer.objects.order_by().values_list("country", flat=True).distinct())
    return [(code, name) for code, name in choices() if code in used]


class CustomerFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    kind = ChoiceFilter(choices=Kind, label=_("Kind"))
    region = ChoiceFilter(choices=Region, method="in_region", label=_("Region"))
    country = ChoiceFilter(choices=used_countries, label=_("Country"))
    tax_case = ChoiceFilter(choices=TaxCase, label=_("Tax case"))
    blocked = YesNoFilter(field_name="is_blocked", label=_("Blocked"))
    follow_up = YesNoFilter(method="with_follow_up", label=_("Open follow-ups"))
    vat_unchecked = YesNoFilter(method="unchecked", label=_("VAT ID not confirmed"))
    imported = django_filters.ModelChoiceFilter(
        queryset=lambda request: CustomerImport.objects.all(),
        method="from_import",
        label=_("Import"),
        widget=forms.HiddenInput,  # the result page of an import leads here
    )

    class Meta:
        model = Customer
        fields = []

    def search(self, customers, name, text):
        return customers.search(text)

    def in_region(self, customers, name, region):
        return customers.filter(REGIONS[region])

    def with_follow_up(self, customers, name, yes):
        return customers.filter(Customer.has_open_follow_up() if yes else ~Customer.has_open_follow_up())

    def unchecked(self, customers, name, yes):
        return customers.filter(UNCHECKED_VAT if yes else ~UNCHECKED_VAT)

    def from_import(self, customers, name, data_import):
        touched = data_import.rows.exclude(kind=RowKind.UNCHANGED)
        return customers.filter(models.Exists(touched.filter(record_id=models.OuterRef("pk"))))


class InteractionFilter(django_filters.FilterSet):
    """Of the API; the page of follow-ups asks less."""

    q = django_filters.CharFilter(method="search", label=_("Search"))
    customer = RemoteFilter(
        url_name="customers:customer_choices",
        queryset=lambda request: Customer.everything.all(),
        label=_("Customer"),
    )
    kind = ChoiceFilter(choices=InteractionKind, label=_("Kind"))
    person = django_filters.ModelChoiceFilter(queryset=lambda request: User.objects.all(), label=_("Who of us"))
    follow_up_by = django_filters.ModelChoiceFilter(
        queryset=lambda request: User.objects.all(), label=_("Follow-up by"), empty_label=_("any")
    )
    open = YesNoFilter(method="still_open", label=_("Open follow-ups"))
    since = django_filters.DateFilter(
        field_name="happened_at", lookup_expr="date__gte", widget=DateInput, label=_("From")
    )
    until = django_filters.DateFilter(
        field_name="happened_at", lookup_expr="date__lte", widget=DateInput, label=_("Until")
    )

    class Meta:
        model = Interaction
        fields = []

    def search(self, interactions, name, text):
        for word in text.split()[:8]:
            interactions = interactions.filter(Q(text__icontains=word) | Q(customer__name__icontains=word))
        return interactions

    def still_open(self, interactions, name, yes):
        return interactions.open() if yes else interactions.exclude(Interaction.IS_OPEN)


class Due(models.TextChoices):
    OVERDUE = "overdue", _("Overdue")
    TODAY = "today", _("Today")
    WEEK = "week", _("The next seven days")


def due_condition(due: str) -> Q:
    today = timezone.localdate()
    return {
        Due.OVERDUE: Q(follow_up_on__lt=today),
        Due.TODAY: Q(follow_up_on=today),
        Due.WEEK: Q(follow_up_on__gte=today, follow_up_on__lte=today + timedelta(days=7)),
    }[due]


class FollowUpFilter(django_filters.FilterSet):
    """What is to be done; what is done is shown when asked for."""

    q = django_filters.CharFilter(method="search", label=_("Search"))
    mine = YesNoFilter(method="of_the_user", label=_("Mine"))
    due = ChoiceFilter(choices=Due, method="due_then", label=_("Due"))
    follow_up_by = django_filters.ModelChoiceFilter(
        queryset=lambda request: User.objects.active(), label=_("Follow-up by"), empty_label=_("any")
    )
    kind = ChoiceFilter(choices=InteractionKind, label=_("Kind"))
    done = django_filters.BooleanFilter(
        method="finished",
        label=_("State"),
        widget=forms.Select(choices=[("", _("open")), ("true", _("done"))]),
    )

    class Meta:
        model = Interaction
        fields = []

    def filter_queryset(self, interactions):
        if not self.form.cleaned_data.get("done"):
            interactions = interactions.filter(done_at=None)
        return super().filter_queryset(interactions)

    search = InteractionFilter.search

    def of_the_user(self, interactions, name, yes):
        mine = Q(follow_up_by=self.request.user)
        return interactions.filter(mine if yes else ~mine)

    def due_then(self, interactions, name, due):
        return interactions.filter(due_condition(due))

    def finished(self, interactions, name, yes):
        return interactions.exclude(done_at=None) if yes else interactions
