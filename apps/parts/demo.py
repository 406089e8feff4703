"""A year of a printer maker's store: catalogue, places, the ledger, a few promises.

`demo.csv` is the catalogue: costs in euros for one unit, `per_printer` is how much of the part a printer needs.
"""

import csv
import random
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.parts.models import Category, MovementKind, Part, Procurement, StockMovement, StorageLocation, Unit
from gmtc.demo import People, moment, store, store_change, workdays
from gmtc.money import moving_average, unit_price

UNITS = {"pcs": Unit.PIECE, "set": Unit.SET, "m": Unit.METRE, "kg": Unit.KILOGRAM, "l": Unit.LITRE}

HALLS = {
    "H1": ("Hall 1, store", ["A", "B", "C", "D"]),
    "H2": ("Hall 2, assembly", []),
    "H3": ("Hall 3, goods in and shipping", []),
}
RACKS = {
    "A": ("Rack A, profiles and panels", 12),
    "B": ("Rack B, fasteners", 8),
    "C": ("Rack C, electronics", 8),
    "D": ("Rack D, printed parts", 6),
}
STATIONS = {
    "H2": [("H2-T1", "Table 1, frames"), ("H2-T2", "Table 2, print heads"), ("H2-T3", "Table 3, wiring")],
    "H3": [("WE-1", "Goods in"), ("SP-1", "Blocked stock"), ("VS-1", "Packaging"), ("VS-2", "Ready to ship")],
}

PRINTERS_A_LOT = 3  # the shop picks for three printers at once
LOTS_A_YEAR = 17
CORRECTIONS = [("Counted", -1), ("Counted", 1), ("Damaged", -1), ("Scrap from print", -2), ("Found at table 2", 1)]
PROMISED = "Rush order, call the customer"


def fill(rng: random.Random, today: date, people: People) -> None:
    """Write the room's demo data; the ledger ends yesterday."""
    days = workdays(today - timedelta(days=365), today - timedelta(days=1))
    with Path(__file__).with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    begin = moment(days[0], rng)
    places = _places(begin, people)
    parts = _catalogue(rows, _categories(rows, begin, people), places, begin, rng, people)
    ledger = Ledger(rng, people)
    _year(ledger, parts, rows, places, days)
    ledger.write()
    _edits(parts, days, rng, people)
    _promises(parts, rng, people)


def _categories(rows, begin, people) -> dict[str, Category]:
    """By path; parents are stored before their children."""
    paths = dict.fromkeys(row["category"] for row in rows)
    found: dict[str, Category] = {}
    for depth in (1, 2):
        level = dict.fromkeys(" / ".join(path.split(" / ")[:depth]) for path in paths if path.count(" / ") >= depth - 1)
        new = {}
        for path in level:
            parent, _slash, name = path.rpartition(" / ")
            new[path] = Category(name=name, parent=found.get(parent))
        store(list(new.values()), by=people.admin, when=begin)
        found |= new
    return found


def _places(begin, people) -> dict[str, StorageLocation]:
    """By code: halls, their racks, the boxes in the racks, the stations in the halls."""
    halls = {code: StorageLocation(code=code, name=name) for code, (name, _racks) in HALLS.items()}
    racks = {
        rack: StorageLocation(code=rack, name=RACKS[rack][0], parent=halls[hall])
        for hall, (_name, codes) in HALLS.items()
        for rack in codes
    }
    boxes = {
        f"{rack}-{box:02}": StorageLocation(code=f"{rack}-{box:02}", name=f"Box {box}", parent=racks[rack])
        for rack, (_name, count) in RACKS.items()
        for box in range(1, count + 1)
    }
    stations = {
        code: StorageLocation(code=code, name=name, parent=halls[hall])
        for hall, inside in STATIONS.items()
        for code, name in inside
    }
    for level in (halls, racks, boxes | stations):
        store(list(level.values()), by=people.admin, when=begin)
    return halls | racks | boxes | stations


def _catalogue(rows, categories, places, begin, rng, people) -> list[Part]:
    parts = []
    for number, row in enumerate(rows):
        per_lot = Decimal(row["per_printer"]) * PRINTERS_A_LOT
        cost, unit = Decimal(row["cost"]), UNITS[row["unit"]]
        price = Decimal(row["price"]) if row["price"] else unit_price(cost * 2)
        parts.append(
            Part(
                sku=row["sku"],
                name=row["name"],
                category=categories[row["category"]],
                specifications=dict(pair.split("=", 1) for pair in row["specifications"].split("; ") if pair),
                unit=unit,
                procurement=Procurement(row["procurement"]),
                is_sellable="sold" in row["flags"],
                is_serialised="serial" in row["flags"],
                is_discontinued="discontinued" in row["flags"],
                minimum_stock=_whole(per_lot),
                reorder_quantity=_whole(per_lot * 3, step=50 if per_lot > 50 else 1),
                unit_price=price,
                manufacturer=row["manufacturer"],
                manufacturer_number=row["manufacturer_number"],
                cad_name=row["cad_name"],
                barcode=_ean(number) if row["procurement"] == "buy" and rng.random() < 0.6 else "",
                weight=Decimal(row["weight"]) if row["weight"] else None,
                customs_number=row["customs_number"],
                country_of_origin=row["country_of_origin"],
                default_location=places[row["place"]],
            )
        )
    store(parts, by=people.manager, when=begin)
    return parts


def _year(ledger, parts, rows, places, days) -> None:
    """Day by day: deliveries for the next lot, picking a lot, what the shop sells, and what goes wrong in a store."""
    rng = ledger.rng
    # Finished printers are left out: they come from jobs, with their serial numbers.
    stores = {
        part: (Decimal(row["per_printer"]) * PRINTERS_A_LOT, Decimal(row["cost"]))
        for part, row in zip(parts, rows, strict=True)
        if not part.is_serialised
    }
    needs = {part: need for part, need in stores.items() if need[0]}
    sold = [part for part in stores if part.is_sellable]
    # What nobody reorders any more towards the end of the year is short or gone today.
    forgotten = set(rng.sample(list(needs), 34))
    lots = sorted(rng.sample(days[6:], LOTS_A_YEAR))
    sales, transfers, corrections = (rng.choices(days[1:], k=count) for count in (220, 190, 110))

    for day in days:
        ledger.open(day)
        if day == days[0]:
            _opening(ledger, stores)
        for number, lot in enumerate(lots, 1):
            if days[days.index(lot) - 3] == day:
                wanted = [part for part in needs if number < LOTS_A_YEAR - 1 or part not in forgotten]
                _restock(ledger, {part: needs[part][1] for part in wanted})
            if lot == day:
                _pick(ledger, needs, f"Picked for lot {number:02}")
        for _ in range(sales.count(day)):
            part = rng.choice(sold)
            if ledger.at(part, part.default_location) < 1:
                ledger.receive(part, Decimal(10), stores[part][1], "Kits packed", MovementKind.PRODUCTION)
            ledger.issue(part, Decimal(1), "Shop order", MovementKind.SALE)
        for _ in range(transfers.count(day)):
            part, place = rng.choice(list(needs)), places[rng.choice(["H2-T1", "H2-T2", "H2-T3", "SP-1"])]
            some = (ledger.at(part, part.default_location) / 8).to_integral_value()
            if some and place != part.default_location:
                ledger.transfer(part, some, part.default_location, place)
        for _ in range(corrections.count(day)):
            part, note, change = rng.choice(list(needs)), *rng.choice(CORRECTIONS)
            if ledger.at(part, part.default_location) + change >= 0:
                ledger.adjust(part, Decimal(change), note)


def _opening(ledger, stores) -> None:
    for part, (per_lot, cost) in stores.items():
        seldom = Decimal(ledger.rng.choice([0, 2, 5, 10, 25]))
        if opening := _whole(per_lot * ledger.rng.choice([2, 3, 4])) or seldom:
            ledger.receive(part, opening, cost, "Opening stock", MovementKind.COUNT)


def _restock(ledger, costs) -> None:
    """What would sink below its minimum is bought, at prices that move, or printed by ourselves."""
    for part, cost in costs.items():
        if ledger.stock(part) >= part.minimum_stock * 2:
            continue
        if part.procurement == Procurement.MAKE:
            ledger.receive(part, part.reorder_quantity, cost, "", MovementKind.PRODUCTION)
        else:
            drift = Decimal(ledger.rng.randrange(94, 112)) / 100
            note = f"Delivery note {ledger.rng.randrange(10_000, 99_999)}"
            ledger.receive(part, part.reorder_quantity, unit_price(cost * drift), note)


def _pick(ledger, needs, note) -> None:
    for part, (per_lot, _cost) in needs.items():
        if taken := min(per_lot, ledger.at(part, part.default_location)):
            ledger.issue(part, taken, note)


def _edits(parts, days, rng, people) -> None:
    """Prices and minimum stocks that somebody changed in the course of the year."""
    for day in rng.sample(days[30:], 12):
        changed = rng.sample(parts, 5)
        for part in changed:
            part.unit_price = unit_price(part.unit_price * Decimal(rng.choice(["1.03", "1.05", "0.98"])))
            part.minimum_stock = _whole(part.minimum_stock * Decimal("1.1"))
        store_change(changed, ["unit_price", "minimum_stock"], by=people.manager, when=moment(day, rng))


def _promises(parts, rng, people) -> None:
    """Open reservations, through the verb."""
    stocked = Part.objects.filter(pk__in=[part.pk for part in parts], current_stock__gte=4).order_by("sku")
    for part in rng.sample(list(stocked), 18):
        part.reserve(_whole(part.current_stock / rng.choice([2, 3, 4])), by=rng.choice(people.staff), note=PROMISED)


class Ledger:
    """Movements of the past, kept on paper in the order of their days and written at once.

    Triggers add them up as they add up those of the verbs; costs follow the same rule (`money.moving_average`).
    Without a place, a movement is at the part's usual one.
    """

    def __init__(self, rng: random.Random, people: People):
        self.rng, self.people = rng, people
        self.movements: list[StockMovement] = []
        self.levels: dict[tuple, Decimal] = {}
        self.totals: dict[Part, Decimal] = {}
        self.averages: dict[Part, Decimal] = {}

    def open(self, day: date) -> None:
        self.clock = timezone.make_aware(datetime.combine(day, time(7)))

    def at(self, part, place) -> Decimal:
        return self.levels.get((part, place), Decimal(0))

    def stock(self, part) -> Decimal:
        return self.totals.get(part, Decimal(0))

    def receive(self, part, quantity, cost, note="", kind=MovementKind.PURCHASE) -> None:
        self.averages[part] = moving_average(self.stock(part), self.averages.get(part, Decimal(0)), quantity, cost)
        self._note(part, quantity, kind, note, cost=cost)

    def issue(self, part, quantity, note="", kind=MovementKind.PRODUCTION) -> None:
        self._note(part, -quantity, kind, note)

    def adjust(self, part, change, note) -> None:
        self._note(part, change, MovementKind.ADJUSTMENT, note)

    def transfer(self, part, quantity, source, target) -> None:
        self._note(part, quantity, MovementKind.TRANSFER, "", place=target)
        self._note(part, -quantity, MovementKind.TRANSFER, "", place=source)

    def write(self) -> None:
        StockMovement.objects.bulk_create(self.movements, batch_size=1_000)
        for part, average in self.averages.items():
            Part.everything.filter(pk=part.pk).update(average_cost=average)

    def _note(self, part, quantity, kind, note, *, place=None, cost=None) -> None:
        place = place or part.default_location
        self.clock += timedelta(seconds=self.rng.randrange(5, 90))
        self.levels[part, place] = self.at(part, place) + quantity
        self.totals[part] = self.stock(part) + quantity
        self.movements.append(
            StockMovement(
                id=uuid7(nanoseconds=int(self.clock.timestamp()) * 1_000_000_000),  # ids tell the order
                part=part,
                location=place,
                kind=kind,
                quantity=quantity,
                unit_cost=self.averages[part] if cost is None else cost,
                note=note,
                created_by=self.rng.choice(self.people.staff),
                created_at=self.clock,
            )
        )


def _whole(quantity: Decimal, step: int = 1) -> Decimal:
    """Rounded up to whole units, as one buys and counts."""
    return (quantity / step).to_integral_value(ROUND_CEILING) * step


def _ean(number: int) -> str:
    """An EAN-13 of the range that GS1 keeps for use inside a company."""
    digits = f"2{number:011}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"
