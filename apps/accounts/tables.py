"""Columns of the list of users."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.roles import Role
from gmtc.tables import Column, RecordTable, badge

ROLES = dict(Role.choices)


def _last_login(person: User) -> str:
    return date_format(localtime(person.last_login), "SHORT_DATETIME_FORMAT") if person.last_login else "–"


class UserTable(RecordTable):
    name = Column(verbose_name=_("Name"), fixed=True, link=True, css="main wrap", cell=str)
    email = Column(verbose_name=_("E-mail"), secondary=True)
    role = Column(verbose_name=_("Role"), cell=lambda person: ROLES[person.role])
    second_factor = Column(
        verbose_name=_("Second factor"),
        secondary=True,
        cell=lambda person: badge(gettext("set up"), "ok") if person.second_factor else "–",
    )
    last_login = Column(verbose_name=_("Last sign-in"), secondary=True, css="nowrap", cell=_last_login)
    is_active = Column(
        verbose_name=_("Status"),
        cell=lambda person: badge(gettext("active"), "ok") if person.is_active else badge(gettext("may not sign in")),
    )

    class Meta(RecordTable.Meta):
        order_by = "name"
