from django.core.management.base import BaseCommand, CommandError

from apps.builds import verify as builds
from apps.customers import verify as customers
from apps.parts import verify as parts
from apps.suppliers import verify as suppliers
from gmtc.verify import Rule

# One room a line, from the ground up; each brings its list of rules.
ROOMS: dict[str, list[Rule]] = {
    "parts": parts.RULES,
    "suppliers": suppliers.RULES,
    "customers": customers.RULES,
    "builds": builds.RULES,
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
