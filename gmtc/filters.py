"""Filters that the rooms share; the same in pages and API."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from gmtc.forms import RemoteSelect


class RemoteField(django_filters.fields.ModelChoiceField):
    """Remembers what it found, so that the widget need not ask the database again."""

    found = None

    def to_python(self, value):
        self.found = super().to_python(value)
        return self.found


class RemoteFilter(django_filters.ModelChoiceFilter):
    """One record out of many, searched as one types at `url_name`."""

    field_class = RemoteField

    def __init__(self, *, url_name: str, **kwargs):
        super().__init__(widget=RemoteSelect(url_name), **kwargs)


class YesNoFilter(django_filters.BooleanFilter):
    """`true` or `false`; anything else is a choice not made."""

    def __init__(self, **kwargs):
        choices = [("", _("any")), ("true", _("yes")), ("false", _("no"))]
        super().__init__(widget=forms.Select(choices=choices), **kwargs)


class ChoiceFilter(django_filters.ChoiceFilter):
    def __init__(self, **kwargs):
        super().__init__(empty_label=_("any"), **kwargs)
