"""Background jobs of the orders room."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import ngettext
from procrastinate.contrib.django import app

from apps.accounts.models import User
from apps.notifications.models import Kind
from apps.notifications.notify import notify
from apps.orders.models import CustomerOrder, Status

SHOWN = 20
# From Friday to Monday: so each quote is told of on a working day before it expires.
NOTICE = timedelta(days=3)
# Whose handler has left is told to those who may end it.
STAND_INS = "orders.cancel_customerorder"


@app.periodic(cron="30 6 * * 1-5")
@app.task(name="orders.tell_of_late_orders", queueing_lock="orders.tell_of_late_orders")
@transaction.atomic  # all are told or, if the worker dies, nobody yet
def tell_of_late_orders(timestamp: int):
    """On working days, tell everybody which of the orders that they handle are late."""
    for person, orders in _by_person(CustomerOrder.objects.late().order_by("promised_date", "number")):
        _tell(
            person,
            title=lambda count: ngettext("%(count)s order is late", "%(count)s orders are late", count),
            days=[(order, order.promised_date) for order in orders],
            query="due=late",
        )


@app.periodic(cron="30 6 * * 1-5")
@app.task(name="orders.tell_of_expiring_quotes", queueing_lock="orders.tell_of_expiring_quotes")
@transaction.atomic  # all are told or, if the worker dies, nobody yet
def tell_of_expiring_quotes(timestamp: int):
    """On working days, tell everybody which of their quotes expire in the next days: time to ask the customer."""
    for person, quotes in _by_person(CustomerOrder.objects.expiring(NOTICE).order_by("valid_until", "quote_number")):
        _tell(
            person,
            title=lambda count: ngettext("%(count)s quote expires soon", "%(count)s quotes expire soon", count),
            days=[(quote, quote.valid_until) for quote in quotes],
            query=f"status={Status.QUOTED}&sort=valid_until",
        )


def _by_person(orders) -> Iterable[tuple[User | None, list[CustomerOrder]]]:
    """The orders of each person who is still here; those of all others under None."""
    found: dict = {}
    for order in orders.select_related("responsible", "customer"):
        person = order.responsible if order.responsible and order.responsible.is_active else None
        found.setdefault(person, []).append(order)
    return found.items()


def _tell(person: User | None, *, title, days: list, query: str) -> None:
    mine = f"&responsible={person.pk}" if person else ""
    notify(
        [person] if person else STAND_INS,
        kind=Kind.ORDERS,
        title=lambda: title(len(days)) % {"count": len(days)},
        body=lambda: "\n".join(
            f"{order} · {order.customer} · {date_format(day, 'SHORT_DATE_FORMAT')}" for order, day in days[:SHOWN]
        ),
        url=f"{reverse('orders:order_list')}?{query}{mine}",
        mail=True,
    )
