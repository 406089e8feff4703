"""How users are narrowed down."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.roles import Role
from gmtc.filters import ChoiceFilter, YesNoFilter


class UserFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Search"))
    role = ChoiceFilter(choices=Role, label=_("Role"))
    active = YesNoFilter(field_name="is_active", label=_("May sign in"))
    second_factor = YesNoFilter(field_name="second_factor", label=_("Second factor"))

    class Meta:
        model = User
        fields = []

    def search(self, users, name, text):
        """Every word stands in the name or in the address."""
        for word in text.split()[:8]:
            users = users.filter(Q(name__icontains=word) | Q(email__icontains=word))
        return users
