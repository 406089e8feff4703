"""How parts and movements are narrowed down; the same for pages, exports and the API."""

import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Category, MovementKind, Part, Procurement, StockMovement, StorageLocation


class StockState(models.TextChoices):
    LOW = "low", _("Low stock")
    OUT = "out", _("Out of stock")
    AVAILABLE = "available", _("In stock")
    RESERVED = "reserved", _("Reserved")


class PartFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    category = django_filters.ModelChoiceFilter(
        queryset=lambda request: Category.objects.all(), method="below_category", label=_("Category")
    )
    stock = django_filters.ChoiceFilter(choices=StockState, method="stock_state", label=_("Stock"))
    procurement = django_filters.ChoiceFilter(choices=Procurement, label=_("Procurement"))
    sellable = django_filters.BooleanFilter(field_name="is_sellable", label=_("Is sold"))
    discontinued = django_filters.BooleanFilter(field_name="is_discontinued", label=_("Discontinued"))
    location = django_filters.ModelChoiceFilter(
        queryset=lambda request: StorageLocation.objects.all(), method="at_location", label=_("Storage location")
    )
    stock_min = django_filters.NumberFilter(field_name="current_stock", lookup_expr="gte", label=_("On hand from"))
    stock_max = django_filters.NumberFilter(field_name="current_stock", lookup_expr="lte", label=_("On hand up to"))
    price_min = django_filters.NumberFilter(field_name="unit_price", lookup_expr="gte", label=_("Sales price from"))
    price_max = django_filters.NumberFilter(field_name="unit_price", lookup_expr="lte", label=_("Sales price up to"))

    class Meta:
        model = Part
        fields = []

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
    part = django_filters.ModelChoiceFilter(queryset=lambda request: Part.everything.all(), label=_("Part"))
    location = django_filters.ModelChoiceFilter(
        queryset=lambda request: StorageLocation.everything.all(), label=_("Storage location")
    )
    kind = django_filters.ChoiceFilter(choices=MovementKind, label=_("Kind"))
    since = django_filters.DateFilter(field_name="created_at", lookup_expr="date__gte", label=_("From"))
    until = django_filters.DateFilter(field_name="created_at", lookup_expr="date__lte", label=_("Until"))

    class Meta:
        model = StockMovement
        fields = []

    def search(self, movements, name, text):
        for word in text.split()[:8]:
            movements = movements.filter(
                models.Q(part__search_text__contains=word.upper())
                | models.Q(reference_number__icontains=word)
                | models.Q(note__icontains=word)
            )
        return movements
