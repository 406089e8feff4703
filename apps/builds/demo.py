"""Three printer models with their sub-assemblies, nested three deep, and what became of their bills in a year.

Which parts a printer needs and how many stands in the catalogue of the parts room (`per_printer`).
"""

import csv
import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from apps.builds import job_demo
from apps.builds.models import BuildPart, BuildRevision, Kind, PrinterBuild, Status
from apps.parts import demo as catalogue
from apps.parts.models import Category, Part, Procurement
from gmtc.demo import Agenda, People, moment, store, store_change, workdays

SUB_ASSEMBLIES = "Sub-assemblies"
LEFT_OUT = ("Consumables", "Finished printers", "Spare part kits", "Packaging")
# model number, name, what of the catalogue is in it (categories), the sub-assemblies inside; innermost first
ASSEMBLIES = [
    ("FP24-TOOLBOARD", "Tool board with plugs", ["Electronics / Sensors and cameras"], {}),
    ("FP24-PRINTHEAD", "Print head 3.1, assembled", ["Print head", "Electronics / Fans"], {"FP24-TOOLBOARD": 1}),
    (
        "FP24-GANTRY",
        "XY gantry with print head",
        ["Linear motion / Rails", "Linear motion / Belts and pulleys", "Linear motion / Bearings"],
        {"FP24-PRINTHEAD": 1},
    ),
    ("FP24-ZDRIVE", "Z drive with lead screws", ["Linear motion / Lead screws", "Printed parts / SLS"], {}),
    (
        "FP24-CONTROL",
        "Control box, wired and tested",
        ["Electronics / Boards", "Electronics / Power supplies", "Electronics / LED"],
        {},
    ),
]
GANTRY_2 = ("FP242-GANTRY", "XY gantry with two print heads")
PRINTERS = [
    ("FP24", "3D printer FOUZIES FP24", {"FP24-GANTRY": 1, "FP24-ZDRIVE": 1, "FP24-CONTROL": 1}),
    ("FP24.R", "3D printer FOUZIES FP24.R", {"FP24-GANTRY": 1, "FP24-ZDRIVE": 1, "FP24-CONTROL": 1}),
    ("FP242", "3D printer FOUZIES FP242, two tools", {"FP242-GANTRY": 1, "FP24-ZDRIVE": 2, "FP24-CONTROL": 1}),
]


def fill(rng: random.Random, today: date, people: People, agenda: Agenda) -> None:
    """Write builds and bills: each model released a year ago, some once more in the course of it, a draft for FP24."""
    days = workdays(today - timedelta(days=350), today - timedelta(days=3))
    with Path(catalogue.__file__).with_suffix(".csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if Decimal(row["per_printer"])]
    rows = [row for row in rows if row["category"] not in LEFT_OUT]
    parts = {part.sku: part for part in Part.objects.all()}
    builds = _builds(parts, moment(days[0], rng), people)
    bills = _bills(rows, parts, builds)
    for number, (model, bill) in enumerate(bills.items()):
        _release(builds[model], 1, bill, "First release.", days[2 + number], rng, people)
    for number, model in enumerate(("FP24-PRINTHEAD", "FP24-CONTROL", "FP24", "FP24.R", "FP242")):
        bill, day = _improved(bills[model], rng), days[150 + number * 9]
        note = "Fewer screws, as the shop asked for."
        agenda.at(moment(day, rng), _release, builds[model], 2, bill, note, day, rng, people)
        bills[model] = bill
    agenda.at(moment(days[-2], rng), _next_lot, builds["FP24"], _improved(bills["FP24"], rng), days[-2], rng, people)
    job_demo.fill(rng, today, people, agenda)


def _next_lot(build, bill, day, rng, people) -> None:
    draft = _draft(build, 3, bill, day, rng, people)
    draft.note = "For the next lot: other hinges, still to be tried."
    store_change([draft], ["note"], by=people.staff[0], when=draft.updated_at + timedelta(minutes=40))


def _builds(parts, when, people) -> dict[str, PrinterBuild]:
    category = Category(name=SUB_ASSEMBLIES)
    store([category], by=people.manager, when=when)
    made = [(model, name) for model, name, _categories, _inside in ASSEMBLIES] + [GANTRY_2]
    products = [
        Part(
            sku=model,
            name=name,
            category=category,
            procurement=Procurement.MAKE,
            default_location=parts["FP24"].default_location,
        )
        for model, name in made
    ]
    store(products, by=people.manager, when=when)
    builds = [
        PrinterBuild(model_number=product.sku, name=product.name, kind=Kind.ASSEMBLY, product=product)
        for product in products
    ]
    builds += [
        PrinterBuild(
            model_number=model,
            name=name,
            product=parts[model],
            base_price=parts[model].unit_price,
            specifications=parts[model].specifications,
            description="Enclosed CoreXY printer for engineering plastics.",
        )
        for model, name, _inside in PRINTERS
    ]
    store(builds, by=people.manager, when=when)
    return {build.model_number: build for build in builds}


def _bills(rows, parts, builds) -> dict[str, dict[Part, Decimal]]:
    """By model number, innermost first: {part: quantity}."""
    bills: dict[str, dict[Part, Decimal]] = {}
    inside_others = set()
    for model, _name, categories, inside in ASSEMBLIES:
        bills[model] = {
            parts[row["sku"]]: Decimal(row["per_printer"]) for row in rows if row["category"] in categories
        } | {builds[each].product: Decimal(quantity) for each, quantity in inside.items()}
        inside_others |= {part.sku for part in bills[model]}
    head = builds["FP24-PRINTHEAD"].product
    bills[GANTRY_2[0]] = bills["FP24-GANTRY"] | {head: Decimal(2)}
    left = [row for row in rows if row["sku"] not in inside_others]
    for model, _name, inside in PRINTERS:
        own = {parts[row["sku"]]: Decimal(row["per_printer"]) for row in left}
        if model == "FP24.R":  # a smaller cover, so fewer panels and seals
            own = {part: quantity for part, quantity in own.items() if "door" not in part.name.lower()}
        if model == "FP242":
            own = {part: quantity * 2 if part.sku.startswith("CK20") else quantity for part, quantity in own.items()}
        bills[model] = own | {builds[each].product: Decimal(quantity) for each, quantity in inside.items()}
    return bills


def _improved(bill: dict[Part, Decimal], rng) -> dict[Part, Decimal]:
    """The same bill with a few quantities lower and one part gone."""
    changed = dict(bill)
    screws = [part for part, quantity in bill.items() if quantity >= 8]
    for part in rng.sample(screws, min(4, len(screws))):
        changed[part] = bill[part] - 2
    bought = [part for part in bill if part.procurement == Procurement.BUY]
    del changed[rng.choice(bought)]
    return changed


def _draft(build, number, bill, day, rng, people) -> BuildRevision:
    when, by = moment(day, rng), rng.choice(people.staff)
    revision = BuildRevision(build=build, number=number)
    store([revision], by=by, when=when)
    lines = [
        BuildPart(revision=revision, position=position, part=part, quantity=quantity, reference=str(position))
        for position, (part, quantity) in enumerate(bill.items(), start=1)
    ]
    store(lines, by=by, when=when)
    return revision


def _release(build, number, bill, note, day, rng, people) -> None:
    before = list(build.revisions.current())
    revision = _draft(build, number, bill, day, rng, people)
    when = revision.updated_at + timedelta(hours=2)
    for old in before:
        old.is_current = False
    if before:
        store_change(before, ["is_current"], by=people.manager, when=when)
    revision.status, revision.is_current, revision.note = Status.RELEASED, True, note
    revision.released_at, revision.released_by = when, people.manager
    fields = ["status", "is_current", "note", "released_at", "released_by"]
    store_change([revision], fields, by=people.manager, when=when)
