import django_filters
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.builds.models import BuildRevision, Kind, PrinterBuild, Status
from apps.parts.models import Part
from gmtc.filters import ChoiceFilter, RemoteFilter


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
