import random
from unittest import mock

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts import demo as accounts
from apps.builds import demo as builds
from apps.customers import demo as customers
from apps.deliveries import demo as deliveries
from apps.invoicing import demo as invoicing
from apps.notifications import demo as notifications
from apps.orders import demo as orders
from apps.parts import demo as parts
from apps.parts.models import Part
from apps.suppliers import demo as suppliers
from gmtc.demo import Agenda


class Command(BaseCommand):
    help = (
        "Fill an empty database with a demo company: its people, its parts and a year of its business. "
        "Does nothing where the demo company is already; refuses where there is other business data."
    )

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=24, help="another number gives another year")
        parser.add_argument("--orders", type=int, default=orders.ORDERS, help="quotes and customer orders of the year")

    def handle(self, *args, seed, **options):
        if Part.everything.exists():
            if accounts.is_filled():
                return
            raise CommandError("This database holds business data; the demo company needs an empty one.")
        rng, today = random.Random(seed), timezone.localdate()  # noqa: S311 - no secrets
        agenda = Agenda(end=timezone.now())
        # All or nothing, so no verb needs a savepoint of its own: a third of all statements less.
        with transaction.atomic(), mock.patch.object(connection.features, "uses_savepoints", False):
            people = accounts.fill()
            notifications.fill(agenda)
            # From the ground up: each room builds on what the rooms below it have written. Then the year happens.
            parts.fill(rng, today, people, agenda)
            suppliers.fill(rng, today, people, agenda, orders=options["orders"])
            customers.fill(rng, today, people)
            orders.fill(rng, today, people, agenda, count=options["orders"])
            builds.fill(rng, today, people, agenda)
            deliveries.fill(rng, today, people, agenda)
            invoicing.fill(rng, today, people, agenda)
            agenda.run(tell=self._begin_month)
        self.stdout.write(f"The demo company is ready: sign in as admin@example.com, password {accounts.PASSWORD}")

    def _begin_month(self, day) -> None:
        self.stdout.write(f"{'':<10} {day:%Y-%m}")
        with connection.cursor() as cursor:  # nobody else sees the rows yet, so the server would go on without a plan
            cursor.execute("ANALYZE")
