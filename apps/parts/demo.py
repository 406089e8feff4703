"""A year of a printer maker's store: catalogue, places, the ledger, a few promises.

`demo.csv` is the catalogue: costs in euros for one unit, `per_printer` is how much of the part a printer needs.
"""

import csv
import random
from datetime import date, time, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import partial
from pathlib import Path

from apps.parts.models import Category, MovementKind, Part, Procurement, StockMovement, StorageLocation, Unit
from gmtc.demo import Agenda, People, moment, store, workdays
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
CARRIED, CORRECTED, FORGOTTEN = 90, 60, 34
ELSEWHERE = ("H2-T1", "H2-T2", "H2-T3", "SP-1")
CORRECTIONS = [("Counted", -1), ("Counted", 1), ("Damaged", -1), ("Scrap from print", -2), ("Found at table 2", 1)]
PROMISED = "Rush order, call the customer"


def fill(rng: random.Random, today: date, people: People, agenda: Agenda) -> None:
    """Write the catalogue and the opening stock of a year ago; the rest of the room's year goes on the agenda."""
    days = workdays(today - timedelta(days=365), today - timedelta(days=1))
    with Path(__file__).with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    begin = moment(days[0], rng)
    places = _places(begin, people)
    parts = _catalogue(rows, _categories(rows, begin, people), places, begin, rng, people)
    # Finished printers are left out: they come from jobs, with their serial numbers.
    stored = [part for part in parts if not part.is_serialised]
    agenda.at(begin, _opening, stored, rows, rng, people)
    store_room = StoreRoom(rng, people, stored, [places[code] for code in ELSEWHERE])
    for day in rng.choices(days[3:], k=CARRIED):
        agenda.at(moment(day, rng), store_room.carry)
    for day in rng.choices(days[3:], k=CORRECTED):
        agenda.at(moment(day, rng), store_room.correct)
    agenda.daily(days[5::5], time(10), partial(store_room.replenish, until=today - timedelta(days=35)))
    _edits(agenda, parts, days, rng, people)
    agenda.at(agenda.end - timedelta(hours=1), _promises, parts, rng, people)
    agenda.at(agenda.end - timedelta(milliseconds=1), store_room.find_empty)


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


def _opening(parts, rows, rng, people) -> None:
    costs = {row["sku"]: Decimal(row["cost"]) for row in rows}
    counted = {}
    for part in parts:
        per_lot = part.minimum_stock
        seldom = Decimal(rng.choice([0, 2, 5, 10, 25]))
        if opening := per_lot * rng.choice([2, 3, 4]) or seldom:
            counted[part] = (opening, costs[part.sku])
    take_in(counted, kind=MovementKind.COUNT, note="Opening stock", by=people.staff[0])


def take_in(goods: dict[Part, tuple[Decimal, Decimal]], *, kind: str, note: str, by) -> None:
    """Many parts, {part: (quantity, unit cost in euros)}, each to its usual place: as `Part.receive`, but in bulk."""
    fresh = Part.objects.in_bulk([part.pk for part in goods])
    movements = []
    for part, (quantity, cost) in goods.items():
        known = fresh[part.pk]
        known.average_cost = moving_average(known.current_stock, known.average_cost, quantity, cost)
        movements.append(
            StockMovement(
                part=known,
                location_id=known.default_location_id,
                kind=kind,
                quantity=quantity,
                unit_cost=cost,
                note=note,
                created_by=by,
            )
        )
    StockMovement.objects.bulk_create(movements)
    Part.everything.bulk_update(fresh.values(), ["average_cost"])


def restock(wanted: dict[Part, Decimal], rng: random.Random, *, by) -> None:
    """What is bought comes with a delivery note at a price that moves, what we make ourselves from the printers."""
    notes = {Procurement.BUY: f"Delivery note {rng.randrange(10_000, 99_999)}", Procurement.MAKE: ""}
    kinds = {Procurement.BUY: MovementKind.PURCHASE, Procurement.MAKE: MovementKind.PRODUCTION}
    for procurement, kind in kinds.items():
        goods = {}
        for part, quantity in wanted.items():
            if part.procurement == procurement:
                cost = part.average_cost or unit_price(part.unit_price / 2)
                drift = Decimal(rng.randrange(96, 107)) / 100 if procurement == Procurement.BUY else 1
                goods[part] = (quantity, unit_price(cost * drift))
        if goods:
            take_in(goods, kind=kind, note=notes[procurement], by=by)


class StoreRoom:
    """What goes on in a store: things are carried to the tables, counted, broken, and bought before they run out."""

    def __init__(self, rng: random.Random, people: People, parts: list[Part], elsewhere: list[StorageLocation]):
        self.rng, self.people, self.elsewhere = rng, people, elsewhere
        self.used = [part for part in parts if part.minimum_stock]
        # What nobody reorders any more towards the end of the year is short or gone today.
        self.forgotten = set(rng.sample(self.used, FORGOTTEN))

    def carry(self) -> None:
        part, place = self._some_part(), self.rng.choice(self.elsewhere)
        some = (min(part.stock_at(part.default_location), part.free_stock) / 8).to_integral_value()
        if some and place != part.default_location:
            part.transfer(some, source=part.default_location, target=place, by=self.rng.choice(self.people.staff))

    def correct(self) -> None:
        part = self._some_part()
        note, change = self.rng.choice(CORRECTIONS)
        if min(part.stock_at(part.default_location), part.free_stock) + change >= 0:
            by = self.rng.choice(self.people.staff)
            part.adjust(Decimal(change), location=part.default_location, note=note, by=by)

    def _some_part(self) -> Part:
        return Part.objects.select_related("default_location").get(pk=self.rng.choice(self.used).pk)

    def find_empty(self) -> None:
        """The last thing: three boxes are empty, whatever the books said."""
        left = Part.objects.filter(pk__in=[part.pk for part in self.used], current_stock__gt=0, reserved_stock=0)
        for part in left.order_by("current_stock", "sku")[:3]:
            for level in part.levels.filter(quantity__gt=0).select_related("location"):
                by = self.rng.choice(self.people.staff)
                part.adjust(-level.quantity, location=level.location, note="Counted: the box is empty", by=by)

    def replenish(self, day: date, *, until: date) -> None:
        """Once a week."""
        low = Part.objects.low_stock().filter(is_serialised=False, reorder_quantity__gt=0).order_by("sku")
        wanted = {
            part: part.reorder_quantity
            for part in low
            if self.rng.random() < 0.8 and (day < until or part not in self.forgotten)
        }
        if wanted:
            restock(wanted, self.rng, by=self.rng.choice(self.people.staff))


def _edits(agenda, parts, days, rng, people) -> None:
    """Prices and minimum stocks that somebody changes in the course of the year."""

    def edit() -> None:
        changed = Part.objects.filter(pk__in=[part.pk for part in rng.sample(parts, 5)]).order_by("sku")
        for part in changed:
            values = {
                "unit_price": unit_price(part.unit_price * Decimal(rng.choice(["1.03", "1.05", "0.98"]))),
                "minimum_stock": _whole(part.minimum_stock * Decimal("1.1")),
            }
            part.revise(values, by=people.manager, version=part.version)

    for day in rng.sample(days[30:], 12):
        agenda.at(moment(day, rng), edit)


def _promises(parts, rng, people) -> None:
    """Reservations that somebody makes by hand."""
    stocked = Part.objects.filter(pk__in=[part.pk for part in parts if not part.is_serialised])
    stocked = [part for part in stocked.order_by("sku") if part.free_stock >= 4]
    for part in rng.sample(stocked, 18):
        part.reserve(_whole(part.free_stock / rng.choice([2, 3, 4])), by=rng.choice(people.staff), note=PROMISED)


def _whole(quantity: Decimal, step: int = 1) -> Decimal:
    """Rounded up to whole units, as one buys and counts."""
    return (quantity / step).to_integral_value(ROUND_CEILING) * step


def _ean(number: int) -> str:
    """An EAN-13 of the range that GS1 keeps for use inside a company."""
    digits = f"2{number:011}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"
