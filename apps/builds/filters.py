from datetime import timedelta

import django_filters
from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.builds.models import (
    BuildRevision,
    JobPart,
    JobStatus,
    Kind,
    Printer,
    PrinterBuild,
    PrinterStatus,
    Priority,
    ProductionJob,
    Status,
)
from apps.customers.models import Customer
from apps.parts.models import Part
from gmtc.filters import ChoiceFilter, RemoteFilter, YesNoFilter


class Readiness(models.TextChoices):
    RELEASED = "released", _("Released")
    DRAFT = "draft", _("Draft waiting")
    NONE = "none", _("Without a current revision")


class BuildFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    kind = ChoiceFilter(choices=Kind, label=_("Kind"))
    state = ChoiceFilter(choices=Readiness, method="in_state", label=_("State"))
    part = RemoteFilter(
        url_name="parts:part_choices",
        queryset=lambda request: Part.everything.all(),
        method="with_part",
        label=_("Contains the part"),
    )

    class Meta:
        model = PrinterBuild
        fields = []

    def search(self, builds, name, text):
        return builds.search(text)

    def in_state(self, builds, name, state):
        revisions = BuildRevision.objects.filter(build=models.OuterRef("pk"))
        if state == Readiness.DRAFT:
            return builds.filter(models.Exists(revisions.filter(status=Status.DRAFT)))
        is_released = models.Exists(revisions.current())
        return builds.filter(is_released if state == Readiness.RELEASED else ~is_released)

    def with_part(self, builds, name, part):
        revisions = BuildRevision.objects.in_use().filter(lines__part=part, lines__deleted_at=None)
        return builds.filter(pk__in=revisions.values("build"))


class RevisionFilter(django_filters.FilterSet):
    """For programs; people come to a revision from its build."""

    build = django_filters.UUIDFilter(label=_("Build"))
    status = ChoiceFilter(choices=Status, label=_("Status"))
    current = django_filters.BooleanFilter(field_name="is_current", label=_("Current"))
    part = django_filters.UUIDFilter(method="with_part", label=_("Contains the part"))

    class Meta:
        model = BuildRevision
        fields = []

    def with_part(self, revisions, name, part):
        return revisions.filter(lines__part=part, lines__deleted_at=None)


class Due(models.TextChoices):
    LATE = "late", _("Late")
    WEEK = "week", _("Next 7 days")


class JobFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    status = ChoiceFilter(choices=[("open", _("Open")), *JobStatus.choices], method="with_status", label=_("Status"))
    due = ChoiceFilter(choices=Due, method="due_in", label=_("Due"))
    short = YesNoFilter(method="is_short", label=_("Something is missing"))
    stock = YesNoFilter(field_name="order_line", lookup_expr="isnull", label=_("For stock"))
    priority = ChoiceFilter(choices=Priority, label=_("Priority"))
    responsible = django_filters.ModelChoiceFilter(
        queryset=lambda request: User.objects.active(), label=_("Responsible"), empty_label=_("any")
    )
    part = RemoteFilter(
        url_name="builds:product_choices", queryset=lambda request: Part.everything.all(), label=_("Product")
    )
    needs = RemoteFilter(
        url_name="parts:part_choices",
        queryset=lambda request: Part.everything.all(),
        method="needing",
        label=_("Needs the part"),
    )
    order = django_filters.UUIDFilter(field_name="order_line__order", widget=forms.HiddenInput, label=_("Order"))

    class Meta:
        model = ProductionJob
        fields = []

    def search(self, jobs, name, text):
        return jobs.search(text)

    def with_status(self, jobs, name, status):
        return jobs.open() if status == "open" else jobs.filter(status=status)

    def due_in(self, jobs, name, due):
        if due == Due.LATE:
            return jobs.late()
        today = timezone.localdate()
        return jobs.open().filter(due_date__range=(today, today + timedelta(days=7)))

    def is_short(self, jobs, name, wanted):
        short = jobs.model.objects.short()
        return jobs.filter(pk__in=short.values("pk")) if wanted else jobs.exclude(pk__in=short.values("pk"))

    def needing(self, jobs, name, part):
        return jobs.filter(models.Exists(JobPart.objects.filter(job=models.OuterRef("pk"), part=part)))


class PrinterFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    status = ChoiceFilter(choices=PrinterStatus, label=_("Status"))
    warranty = YesNoFilter(method="in_warranty", label=_("Under warranty"))
    part = RemoteFilter(
        url_name="builds:product_choices", queryset=lambda request: Part.everything.all(), label=_("Product")
    )
    owner = RemoteFilter(
        url_name="customers:customer_choices", queryset=lambda request: Customer.everything.all(), label=_("Owner")
    )
    job = django_filters.UUIDFilter(widget=forms.HiddenInput, label=_("Production job"))

    class Meta:
        model = Printer
        fields = []

    def search(self, printers, name, text):
        return printers.search(text)

    def in_warranty(self, printers, name, wanted):
        today = timezone.localdate()
        return printers.filter(warranty_until__gte=today) if wanted else printers.exclude(warranty_until__gte=today)
