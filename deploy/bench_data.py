"""The data of deploy/bench: as much as the system is made for, built once and kept."""

import csv
import io
import random
import secrets
import shutil
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.models import User
from apps.customers.models import Address, Customer
from apps.orders.models import CustomerOrder, OrderLine
from apps.parts.models import Category, Part, StockMovement, StorageLocation, Unit
from deploy.prepare import STEPS
from gmtc.bulk import create_all
from gmtc.money import vat

ROOT = Path(__file__).resolve().parent.parent
STAFF, MANAGER = "bench-staff@example.com", "bench-manager@example.com"
rng = random.Random(24)  # noqa: S311 - no secrets


def say(topic: str, text: str) -> None:
    print(f"{topic:<10} {text}", flush=True)


def build(parts: int, movements: int, orders: int) -> None:
    """A database of the wanted size; what is there already stays."""
    for _topic, _text, command in STEPS:
        call_command(*command)
    for email, role in ((STAFF, "staff"), (MANAGER, "manager")):
        if not User.objects.filter(email=email).exists():
            User.objects.create_user(email, secrets.token_urlsafe(20), name=f"Bench {role}", role=role)
    wanted = f"{parts:,} parts, {movements:,} movements, {orders:,} orders"
    counts = Part.everything.count(), StockMovement.objects.count(), CustomerOrder.everything.count()
    found = "{:,} parts, {:,} movements, {:,} orders".format(*counts)
    if found == wanted:
        say("Data", f"{wanted} are here")
        return
    if any(counts):
        sys.exit(f"There are {found} here and not {wanted}; use --fresh to start anew.")
    started = time.monotonic()
    say("Data", f"making {wanted}; this happens once")
    with transaction.atomic():
        places = make_places()
        made = make_parts(parts, make_categories(), places)
        make_ledger(made, places, movements)
        make_orders(orders, made, make_customers(orders // 10))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    call_command("verify", stdout=io.StringIO())
    say("Data", f"made and verified in {time.monotonic() - started:.0f} s")


def make_categories() -> list[Category]:
    """20 branches of 12."""
    tops = [Category(name=f"Group {number:02}") for number in range(20)]
    create_all(tops, by=None, reason="create")
    leaves = [Category(name=f"Kind {number:02}", parent=top) for top in tops for number in range(12)]
    create_all(leaves, by=None, reason="create")
    return leaves


def make_places() -> list[StorageLocation]:
    """40 racks of 50 boxes."""
    racks = [StorageLocation(code=f"R{number:02}", name=f"Rack {number}") for number in range(40)]
    create_all(racks, by=None, reason="create")
    boxes = [
        StorageLocation(code=f"{rack.code}-{number:02}", name=f"Box {number}", parent=rack)
        for rack in racks
        for number in range(50)
    ]
    create_all(boxes, by=None, reason="create")
    return boxes


def make_parts(count: int, categories, places) -> list[Part]:
    """The maker's own catalogue over and over, each time in another size."""
    with (ROOT / "apps" / "parts" / "demo.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    parts = []
    for number in range(count):
        row, round_ = rows[number % len(rows)], number // len(rows)
        parts.append(
            Part(
                sku=f"{row['sku']}-{round_:03}",
                name=f"{row['name']} V{round_}",
                category=rng.choice(categories),
                unit=Unit.PIECE,
                procurement=row["procurement"],
                is_sellable=number % 9 == 0,
                minimum_stock=rng.choice([0, 0, 10, 50, 200, 2_000]),  # the last ones are short, whatever moves
                reorder_quantity=100,
                unit_price=Decimal(rng.randrange(5, 50_000)) / 100,
                manufacturer=row["manufacturer"],
                manufacturer_number=f"{row['manufacturer_number']}-{round_}",
                cad_name=f"{row['cad_name']}_{round_}" if row["cad_name"] else "",
                specifications={"Round": str(round_)},
                default_location=rng.choice(places),
            )
        )
    create_all(parts, by=None, reason="create")
    return parts


def make_ledger(parts, places, count: int) -> None:
    """Past the triggers, which take a millisecond a row; `verify` then says whether all adds up."""
    first, step = timezone.now() - timedelta(days=730), timedelta(days=729) / count
    per_part, users = count // len(parts), [User.objects.get(email=STAFF).pk, User.objects.get(email=MANAGER).pk]
    homes = [(part.default_location_id, rng.choice(places).pk) for part in parts]
    columns = "id, part_id, location_id, kind, quantity, unit_cost, note, created_at, created_by_id,"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with cursor.copy(f"COPY parts_stockmovement ({columns} reference_type, reference_number) FROM STDIN") as copy:
            for number in range(count):
                # One round over all parts after the other, as a ledger grows; each round begins with receipts.
                turn, which = divmod(number, len(parts))
                turn, which = (turn, which) if turn < per_part else (per_part, which)
                when = first + step * number
                quantity, kind = (500, "purchase") if turn % 5 == 0 else (-rng.randrange(1, 60), "production")
                copy.write_row(
                    (
                        uuid7(nanoseconds=int(when.timestamp() * 1e9)),
                        parts[which].pk,
                        homes[which][turn // 5 % 2],
                        kind,
                        quantity,
                        Decimal("1.5"),
                        "",
                        when,
                        users[number % 2],
                        "",
                        "",
                    )
                )
        cursor.execute(
            "INSERT INTO parts_stocklevel (id, part_id, location_id, quantity) SELECT gen_random_uuid(), part_id,"
            " location_id, sum(quantity) FROM parts_stockmovement GROUP BY part_id, location_id"
        )
        cursor.execute(
            "UPDATE parts_part SET current_stock = ledger.total, average_cost = 1.5 FROM (SELECT part_id,"
            " sum(quantity) AS total FROM parts_stockmovement GROUP BY part_id) ledger WHERE ledger.part_id = id"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    staff = User.objects.get(email=STAFF)
    for part in rng.sample(parts, min(2_000, len(parts))):
        part.reserve(5, by=staff)


def make_customers(count: int) -> list[Customer]:
    """Companies of a few hundred names in forty towns, each with its invoice address."""
    names = "Adler Becker Claus Druck Eder Falk Gruber Huber Iser Jansen Köhler Lorenz Müller Nagel Otto".split()
    trades = "Maschinenbau Werkzeuge Modellbau Optik Prothetik Antriebe Gehäuse Schulen Forschung Design".split()
    towns = [(f"{70_000 + 97 * number:05}", f"Ort {number:02}") for number in range(40)]
    customers = [
        Customer(
            number=f"K-{10_000 + number}",
            company_name=f"{rng.choice(names)} & {rng.choice(names)} {rng.choice(trades)} GmbH",
            email=f"office@customer{number}.example",
        )
        for number in range(count)
    ]
    create_all(customers, by=None, reason="create")
    addresses = []
    for customer in customers:
        postcode, city = rng.choice(towns)
        addresses.append(
            Address(customer=customer, kind="billing", is_default=True, street="Weg 1", postcode=postcode, city=city)
        )
    create_all(addresses, by=None, reason="create")
    return customers


def make_orders(count: int, parts: list[Part], customers: list[Customer]) -> None:
    """Drafts of three lines, because a confirmed order needs its PDF, a third of a second each."""
    orders, lines = [], []
    for number in range(count):
        order = CustomerOrder(customer=rng.choice(customers), customer_reference=f"B-{number:06}")
        for position, part in enumerate(rng.sample(parts, 3), 1):
            quantity = rng.randrange(1, 6)
            lines.append(
                OrderLine(
                    order=order,
                    part=part,
                    position=position,
                    description=part.name,
                    unit=part.unit,
                    quantity=quantity,
                    unit_price=part.unit_price,
                    vat_rate=19,
                    net=quantity * part.unit_price,
                )
            )
        order.net = sum(line.net for line in lines[-3:])
        order.tax_amount = vat(order.net, Decimal(19))
        order.total = order.net + order.tax_amount
        orders.append(order)
    create_all(orders, by=None, reason="create")
    create_all(lines, by=None, reason="create")


def empty() -> None:
    """Only what a bench has made: its users are the mark."""
    call_command("migrate", verbosity=0)
    if Part.everything.exists() and not User.objects.filter(email=STAFF).exists():
        sys.exit("This database was not made by the bench.")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
