"""How parts and movements are narrowed down; the same for pages, exports and the API."""

import django_filters
from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Category, MovementKind, Part, PartImport, Procurement, StockMovement, StorageLocation
from gmtc.filters import ChoiceFilter, RemoteFilter, YesNoFilter
from gmtc.forms import DateInput
from gmtc.imports import RowKind


class StockState(models.TextChoices):
    LOW = "low", _("Low stock")
    OUT = "out", _("Out of stock")
    AVAILABLE = "available", _("In stock")
    RESERVED = "reserved", _("Reserved")


class PartFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    category = RemoteFilter(
        url_name="parts:category_choices",
        queryset=lambda request: Category.objects.all(),
        method="below_category",
        label=_("Category"),
    )
    stock = ChoiceFilter(choices=StockState, method="stock_state", label=_("Stock"))
    procurement = ChoiceFilter(choices=Procurement, label=_("Procurement"))
    sellable = YesNoFilter(field_name="is_sellable", label=_("Is sold"))
    discontinued = YesNoFilter(field_name="is_discontinued", label=_("Discontinued"))
    location = RemoteFilter(
        url_name="parts:location_choices",
        queryset=lambda request: StorageLocation.objects.all(),
        method="at_location",
        label=_("Storage location"),
    )
    stock_min = django_filters.NumberFilter(field_name="current_stock", lookup_expr="gte", label=_("On hand from"))
    stock_max = django_filters.NumberFilter(field_name="current_stock", lookup_expr="lte", label=_("On hand up to"))
    price_min = django_filters.NumberFilter(field_name="unit_price", lookup_expr="gte", label=_("Sales price from"))
    price_max = django_filters.NumberFilter(field_name="unit_price", lookup_expr="lte", label=_("Sales price up to"))

    imported = django_filters.ModelChoiceFilter(
        queryset=lambda request: PartImport.objects.all(),
        method="from_import",
        label=_("Import"),
        widget=forms.HiddenInput,  # the result page of an import leads here
    )

    class Meta:
        model = Part
        fields = []

    def from_import(self, parts, name, data_import):
        touched = data_import.rows.exclude(kind=RowKind.UNCHANGED)
        return parts.filter(models.Exists(touched.filter(record_id=models.OuterRef("pk"))))

    def search(self, parts, name, text):
        return parts.search(text)

    def below_category(self, parts, name, category):
        return parts.filter(category__in=Category.objects.below(category))

    def at_location(self, parts, name, location):
        inside = StorageLocation.objects.below(location)
        return parts.filter(
            models.Exists(
                location.levels.model.objects.filter(part=models.OuterRef("pk"), location__in=inside, quantity__gt=0)
            )
        )

    def stock_state(self, parts, name, state):
        if state == StockState.LOW:
            return parts.low_stock()
        if state == StockState.OUT:
            return parts.out_of_stock()
        if state == StockState.RESERVED:
            return parts.filter(reserved_stock__gt=0)
        return parts.filter(current_stock__gt=0)


class MovementFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    part = RemoteFilter(url_name="parts:part_choices", queryset=lambda request: Part.everything.all(), label=_("Part"))
    location = RemoteFilter(
        url_name="parts:location_choices",
        queryset=lambda request: StorageLocation.everything.all(),
        label=_("Storage location"),
    )
    kind = ChoiceFilter(choices=MovementKind, label=_("Kind"))
    since = django_filters.DateFilter(
        field_name="created_at", lookup_expr="date__gte", widget=DateInput, label=_("From")
    )
    until = django_filters.DateFilter(
        field_name="created_at", lookup_expr="date__lte", widget=DateInput, label=_("Until")
    )

    class Meta:
        model = StockMovement
        fields = []

    def search(self, movements, name, text):
        for word in text.split()[:8]:
            movements = movements.filter(
                models.Q(part__in=Part.everything.search(word))
                | models.Q(reference_number__icontains=word)
                | models.Q(note__icontains=word)
            )
        return movements
