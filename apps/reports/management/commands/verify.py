from django.core.management.base import BaseCommand, CommandError

from apps.accounts import verify as accounts
from apps.builds import verify as builds
from apps.company import verify as company
from apps.customers import verify as customers
from apps.deliveries import verify as deliveries
from apps.documents import verify as documents
from apps.invoicing import verify as invoicing
from apps.notifications import verify as notifications
from apps.numbering import verify as numbering
from apps.orders import verify as orders
from apps.parts import verify as parts
from apps.suppliers import verify as suppliers
from gmtc.verify import Rule

# One room a line, from the ground up; each brings its list of rules.
ROOMS: dict[str, list[Rule]] = {
    "accounts": accounts.RULES,
    "company": company.RULES,
    "numbering": numbering.RULES,
    "documents": documents.RULES,
    "notifications": notifications.RULES,
    "parts": parts.RULES,
    "suppliers": suppliers.RULES,
    "customers": customers.RULES,
    "orders": orders.RULES,
    "builds": builds.RULES,
    "deliveries": deliveries.RULES,
    "invoicing": invoicing.RULES,
}
SHOWN = 20


class Command(BaseCommand):
    help = "Recompute what must always be true of the whole database; fails and lists the rows that break a rule."

    def handle(self, *args, **options):
        broken = 0
        for room, rules in ROOMS.items():
            self.stdout.write(room)
            for rule in rules:
                faults = list(rule.find())
                verdict = self.style.ERROR(f"{len(faults):,} FAULT") if faults else "ok"
                self.stdout.write(f"  {rule.name:<75} {rule.count():>12,}  {verdict}")
                for fault in faults[:SHOWN]:
                    self.stdout.write(f"      {fault.record}: {fault.found}, expected {fault.expected}")
                if len(faults) > SHOWN:
                    self.stdout.write(f"      and {len(faults) - SHOWN:,} more")
                broken += bool(faults)
        if broken:
            raise CommandError(f"{broken} rules are broken.")
        self.stdout.write("Everything adds up.")
