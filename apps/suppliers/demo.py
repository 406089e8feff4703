"""A year of buying: suppliers, their offers, some sixty purchase orders in every state, and what came of them."""

import random
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from django.utils import timezone

from apps.numbering.models import Key, next_number
from apps.parts.models import Part, Procurement
from apps.suppliers.models import (
    GoodsReceipt,
    PriceBreak,
    PurchaseOrder,
    Received,
    Supplier,
    SupplierContact,
    SupplierPart,
)
from gmtc.demo import Agenda, People, moment, store, workdays
from gmtc.money import unit_price

ORDERS_OF_CUSTOMERS = 3.5  # so many come on each of ours
HALVED = ("two parts", "partial", "closed", "reversed")


class House(NamedTuple):
    """A supplier: who, where, on which terms, and what they sell: categories or manufacturers."""

    name: str
    street: str
    postcode: str
    city: str
    sells: str
    country: str = "DE"
    currency: str = "EUR"
    rate: str = "1"
    rating: int | None = 4
    payment: tuple = (30, "0", 0)
    incoterm: str = ""
    delivery: str = ""
    minimum: str = "0"
    lead: int = 5
    factor: str = "1.00"
    blocked: bool = False


HOUSES = [
    House("Nordschrauben GmbH", "Am Kanal 7", "20095", "Hamburg", "Würth|Fasteners", rating=5, payment=(30, "2", 10),
          delivery="frei Haus ab 150 €", minimum="50", lead=3),
    House("Befestigungstechnik Rhein-Ruhr", "Zechenstraße 14", "45127", "Essen", "Fasteners", payment=(14, "3", 8),
          delivery="zzgl. Fracht", lead=4, factor="1.06"),
    House("Gewindeprofi Einsätze", "Industriering 3", "73728", "Esslingen", "Ruthex|Rampa|KerbKonus|Ettinger", lead=6),
    House("ProfilWerk Süd GmbH", "Lechhauser Straße 51", "86153", "Augsburg", "Dold Mechatronik|Frame", rating=5,
          payment=(30, "2", 14), delivery="Zuschnitt inklusive", minimum="80", lead=8),
    House("Alusystem Becker", "Gewerbepark 22", "57072", "Siegen", "Frame", rating=3, lead=10, factor="0.96"),
    House("LinearTec Handels GmbH", "Messeallee 9", "70629", "Stuttgart", "HIWIN|Linear motion", payment=(30, "2", 10),
          minimum="100", lead=9),
    House("Riemen & Lager Kaltenbach", "Mühlweg 30", "79098", "Freiburg", "Gates|EZO|Linear motion", lead=4),
    House("Shenzhen Motion Parts Co.", "Baoyuan Road 118", "518101", "Shenzhen", "LDO Motors|Linear motion|Keenovo",
          country="CN", currency="USD", rate="1.0850", rating=3, incoterm="FOB", delivery="FOB Shenzhen",
          minimum="300", lead=35, factor="0.78"),
    House("Elektronik-Versand Hartmann", "Hafenstraße 88", "28195", "Bremen", "Electronics", rating=5,
          payment=(14, "0", 0), delivery="frei Haus ab 50 €", lead=2, factor="1.05"),
    House("Steuerungsbau Weiss OHG", "Am Bahndamm 5", "32756", "Detmold", "Weidmüller|WAGO|Murrplastik|Electronics",
          payment=(30, "2", 10), lead=5),
    House("Kabel & Leitung Franken", "Nopitschstraße 71", "90441", "Nürnberg", "LAPP|HellermannTyton|JST|Molex",
          lead=4),
    House("NetzteilShop24", "Lindenring 12", "04103", "Leipzig", "Mean Well|Delta|Electronics", rating=4, lead=3,
          factor="1.02"),
    House("Board House Asia Ltd.", "Nathan Rd 540", "999077", "Hongkong", "BIGTREETECH|Wonsmart|Gdstime|Electronics",
          country="HK", currency="USD", rate="1.0850", rating=3, incoterm="DAP", minimum="150", lead=24, factor="0.82"),
    House("Platinenmanufaktur Eifel", "Burgstraße 4", "53879", "Euskirchen", "Aisler", lead=14),
    House("Kleinrechner Vertrieb UG", "Torstraße 140", "10119", "Berlin", "Raspberry Pi|SanDisk|Waveshare|Delock",
          lead=3),
    House("Hotend Supply Europe B.V.", "Keizersgracht 210", "1016 DX", "Amsterdam", "E3D|Bondtech|Print head",
          country="NL", rating=5, incoterm="DAP", lead=6),
    House("Nordic Extrusion AB", "Storgatan 12", "211 42", "Malmö", "Bondtech|Capricorn", country="SE", currency="SEK",
          rate="11.3200", incoterm="DAP", lead=9, factor="0.97"),
    House("Filament Direkt", "Kiefernweg 19", "15711", "Königs Wusterhausen", "Das Filament|Filament and air path",
          payment=(14, "2", 7), lead=3),
    House("Pneumatik Service Nord", "Werftstraße 40", "24143", "Kiel", "Festo|Filament and air path", lead=5),
    House("Plattenzuschnitt Laser Mosel", "In der Au 8", "54290", "Trier", "Laserhub|Panels", rating=4,
          payment=(30, "2", 10), minimum="120", lead=12),
    House("Dichtung und Gummi Ott", "Schlossgasse 2", "63739", "Aschaffenburg", "Gummi Grube|Panels", lead=6),
    House("Stick & Schild Manufaktur", "Webergasse 17", "09111", "Chemnitz", "Stickerei|Brady", rating=5, lead=15),
    House("Verpackungszentrum Mitte", "Speicherstraße 60", "34117", "Kassel", "Packaging", payment=(14, "2", 8),
          delivery="frei Haus ab 250 €", minimum="100", lead=3),
    House("Werkstattbedarf Krüger", "Bergstraße 25", "01069", "Dresden", "Consumables", lead=2),
    House("Swiss Precision Fasteners AG", "Bahnhofstrasse 90", "8001", "Zürich", "Fasteners", country="CH",
          currency="CHF", rate="0.9430", rating=4, incoterm="DDP", lead=8, factor="1.15"),
    House("Billigteile Import", "Hinterhof 3", "60311", "Frankfurt am Main", "Electronics|Print head", rating=1,
          lead=30, factor="0.70", blocked=True),
]  # fmt: skip

PEOPLE = ["Sabine Krause", "Dieter Vogel", "Lena Brandt", "Ahmet Demir", "Julia Roth", "Markus Ebert", "Nina Scholz",
          "Wei Zhang", "Erik Lund", "Katrin Hahn", "Oliver Beck", "Sandra Wolf", "Tim Neumann"]  # fmt: skip
REJECTIONS = ["Kratzer in der Oberfläche", "Falsche Länge", "Falscher Artikel", "Verpackung beschädigt"]


def fill(rng: random.Random, today: date, people: People, agenda: Agenda, *, orders: int) -> None:
    """Write suppliers and offers; the year's purchase orders go on the agenda. Nothing happens after yesterday."""
    days = workdays(today - timedelta(days=365), today - timedelta(days=1))
    suppliers = _suppliers(rng, moment(days[0], rng), people)
    offers = _offers(suppliers, rng, moment(days[1], rng), people)
    Year(rng, today, people, days, offers, agenda).plan(max(int(orders / ORDERS_OF_CUSTOMERS), 26))


def _suppliers(rng, when: datetime, people) -> list[Supplier]:
    suppliers = [
        Supplier(
            number=next_number(Key.SUPPLIER),
            name=house.name,
            street=house.street,
            postcode=house.postcode,
            city=house.city,
            country=house.country,
            language="de" if house.country in ("DE", "CH", "AT") else "en",
            customer_number=f"{rng.randrange(10_000, 99_999)}",
            email=f"vertrieb{number}@example.com",
            phone=f"+49 30 {rng.randrange(1_000_000, 9_999_999)}" if house.country == "DE" else "",
            rating=house.rating,
            currency=house.currency,
            exchange_rate=Decimal(house.rate),
            payment_days=house.payment[0],
            discount_percent=Decimal(house.payment[1]),
            discount_days=house.payment[2],
            incoterm=house.incoterm,
            delivery_terms=house.delivery,
            minimum_order_value=Decimal(house.minimum),
            lead_time_days=house.lead,
            is_blocked=house.blocked,
            notes="Zweimal falsch geliefert, keine Gutschrift." if house.blocked else "",
        )
        for number, house in enumerate(HOUSES, 1)
    ]
    store(suppliers, by=people.manager, when=when)
    contacts = []
    for number, supplier in enumerate(suppliers):
        for takes_orders in (True, False)[: 1 + (number % 3 == 0)]:
            name = rng.choice(PEOPLE)
            contacts.append(
                SupplierContact(
                    supplier=supplier,
                    name=name,
                    function="Vertrieb" if takes_orders else "Versand",
                    email=f"{name.lower().replace(' ', '.')}{number}@example.com",
                    takes_orders=takes_orders,
                )
            )
    store(contacts, by=people.manager, when=when)
    return suppliers


def _sellers(part: Part, top: str) -> list[int]:
    """Who sells a part, the specialist first: by manufacturer, then by category."""
    by_maker = [
        n for n, house in enumerate(HOUSES) if part.manufacturer and part.manufacturer in house.sells.split("|")
    ]
    by_kind = [n for n, house in enumerate(HOUSES) if top in house.sells.split("|") and n not in by_maker]
    return by_maker + by_kind


def _offers(suppliers, rng, when, people) -> list[SupplierPart]:
    parts = Part.objects.filter(procurement=Procurement.BUY).select_related("category__parent").order_by("sku")
    offers, breaks = [], []
    for part in parts:
        top = part.category.parent.name if part.category.parent else part.category.name
        sellers = _sellers(part, top)[: rng.choice([1, 2, 2, 3])]
        cost = part.average_cost or unit_price(part.unit_price / 2)
        for rank, number in enumerate(sellers):
            house, supplier = HOUSES[number], suppliers[number]
            pack = _package(cost)
            price = unit_price(
                cost * Decimal(house.factor) * Decimal(rng.randrange(96, 108)) / 100 * supplier.exchange_rate
            )
            item = SupplierPart(
                supplier=supplier,
                part=part,
                supplier_sku=part.manufacturer_number
                if rank == 0 and part.manufacturer_number
                else f"{number + 10}-{part.sku}",
                price=max(price, Decimal("0.0001")),
                price_date=when.date() + timedelta(days=rng.randrange(0, 300)),
                moq=pack * rng.choice([1, 1, 2]),
                pack_size=pack,
                lead_time_days=None if rng.random() < 0.6 else max(1, house.lead + rng.randrange(-1, 8)),
                is_preferred=rank == 0 and not house.blocked,
            )
            offers.append(item)
            if rng.random() < 0.6:
                for position, (times, percent) in enumerate(((5, 94), (20, 88)), start=1):
                    lower = unit_price(item.price * percent / 100)
                    if lower and lower < item.price:
                        breaks.append(
                            PriceBreak(supplier_part=item, quantity=item.moq * times, price=lower, position=position)
                        )
    # A supplier names each number once; some makers use one for two of our parts.
    taken: set = set()
    for item in offers:
        key = (item.supplier_id, item.supplier_sku.lower())
        if key in taken:
            item.supplier_sku = f"{item.supplier_sku}-{item.part.sku}"[:80]
        taken.add((item.supplier_id, item.supplier_sku.lower()))
    store(offers, by=people.manager, when=when)
    store(breaks, by=people.manager, when=when)
    return list(SupplierPart.objects.orderable().with_breaks().order_by("supplier__number", "part__sku"))


def _package(cost: Decimal) -> Decimal:
    for most, size in ((Decimal("0.3"), 100), (Decimal("1"), 50), (Decimal("4"), 10)):
        if cost < most:
            return Decimal(size)
    return Decimal(1)


class Year:
    """Orders are thought out first; what becomes of them happens when its day has come."""

    def __init__(self, rng: random.Random, today: date, people: People, days: list[date], offers, agenda: Agenda):
        self.rng, self.today, self.people, self.days, self.agenda = rng, today, people, days, agenda
        self.by_supplier: dict[Supplier, list[SupplierPart]] = {}
        for offer in offers:
            if not offer.part.is_serialised and offer.part.default_location_id:
                self.by_supplier.setdefault(offer.supplier, []).append(offer)

    def plan(self, count: int) -> None:
        ends = ["received"] * 30 + ["two parts"] * 8 + ["closed", "closed", "cancelled", "cancelled", "reversed"]
        recent = ["sent"] * 5 + ["late"] * 3 + ["partial"] * 3 + ["draft"] * 4
        old_days = sorted(self.rng.choices(self.days[3:-45], k=count - len(recent)))
        fates = [self.rng.choice(ends) for _day in old_days]
        fates[: len(ends[-5:])] = ends[-5:]  # each of the rare ones at least once
        suppliers = sorted(self.by_supplier, key=lambda each: each.number)
        for number, (day, fate) in enumerate(zip(old_days, fates, strict=True)):
            self._plan(suppliers[number % len(suppliers)], day, fate)
        for number, fate in enumerate(recent):
            back = {"late": 34, "draft": 3, "partial": 16}.get(fate, 6)
            self._plan(suppliers[(number * 3) % len(suppliers)], self.days[-back - number % 3], fate)

    def _at(self, when: datetime, happen) -> None:
        if when.date() < self.today:
            self.agenda.at(when, happen)

    def _plan(self, supplier: Supplier, day: date, fate: str) -> None:
        self._at(moment(day, self.rng), lambda: self._order(supplier, day, fate))

    def _order(self, supplier: Supplier, day: date, fate: str) -> None:
        """A new purchase order, and the plan of what becomes of it."""
        rng = self.rng
        offers = self.by_supplier[supplier]
        lead = supplier.lead_time_days
        expected = day + timedelta(days=lead)
        if fate == "late":
            expected = self.today - timedelta(days=rng.randrange(2, 12))
        elif fate in ("sent", "partial"):
            expected = max(expected, self.today + timedelta(days=rng.randrange(0, 12)))
        order = PurchaseOrder(
            supplier=supplier,
            ordered_by=rng.choice([self.people.manager, *self.people.staff]),
            expected_delivery_date=expected,
            language=supplier.language,
            currency=supplier.currency,
            exchange_rate=supplier.exchange_rate,
        )
        chosen = sorted(rng.sample(offers, min(len(offers), rng.randrange(2, 8))), key=lambda each: each.part.sku)
        age = (self.today - day).days
        rows = [self._row(offer, age) for offer in chosen]
        if all(row["quantity"] <= 1 for row in rows) and fate in HALVED:
            fate = "received"
        order.write({}, rows, by=order.ordered_by)
        if fate == "draft":
            return
        sent = timezone.now() + timedelta(minutes=rng.randrange(20, 200))
        self._at(sent, lambda: order.send(by=self.people.manager))
        if rng.random() < 0.6:
            confirmed = f"AB{rng.randrange(100_000, 999_999)}"
            self._at(sent + timedelta(hours=3), lambda: self._acknowledge(order, confirmed))
        if fate == "cancelled":
            reason = "Lieferant kann nicht liefern"
            self._at(sent + timedelta(days=2), lambda: order.cancel(reason=reason, by=self.people.manager))
        elif fate not in ("sent", "late"):
            self._plan_receipts(order, expected, sent, fate)

    def _plan_receipts(self, order, expected: date, sent: datetime, fate: str) -> None:
        rng = self.rng
        slips = [-2, -1, 0, 0, 0] if (order.supplier.rating or 3) > 4 else [-2, -1, -1, 0, 0, 0, 1, 4]
        slip = rng.choice(slips) if fate != "partial" else 0
        day = max(expected + timedelta(days=slip), sent.date() + timedelta(days=1))
        if fate == "partial":
            day = self.today - timedelta(days=rng.randrange(1, 5))
        first = moment(min(day, self.today - timedelta(days=1)), rng)
        if fate in HALVED and fate != "reversed":
            self._at(first, lambda: self._receive(order, _half))
            if fate == "two parts":
                self._at(first + timedelta(days=rng.randrange(3, 9)), lambda: self._receive(order))
            elif fate == "closed":
                reason = "Rest nicht mehr lieferbar"
                self._at(first + timedelta(days=20), lambda: order.close_short(reason=reason, by=self.people.manager))
            return
        if fate == "reversed":  # booked to the wrong order, taken back, booked once more
            self._at(
                first, lambda: self._receive(order, _half).reverse(by=self.people.manager, note="Falsche Bestellung")
            )
            first += timedelta(days=2)
        self._at(first, lambda: self._receive(order))

    def _row(self, offer: SupplierPart, age: int) -> dict:
        wanted = (offer.part.reorder_quantity or offer.moq) * self.rng.choice([1, 1, 2])
        quantity = offer.order_quantity(wanted)
        older = Decimal(100 - age // 60 + self.rng.randrange(-1, 2)) / 100  # prices have crept up
        return {
            "part": offer.part,
            "supplier_sku": offer.supplier_sku,
            "description": offer.name or offer.part.name,
            "quantity": quantity,
            "unit_price": unit_price(offer.price_for(quantity) * older),
            "discount": Decimal(self.rng.choice([0, 0, 0, 0, 5])),
            "tolerance": Decimal(10) if offer.pack_size > 1 else Decimal(0),
        }

    # --- What happens

    def _acknowledge(self, order, reference: str) -> None:
        order.acknowledge(
            supplier_reference=reference,
            expected_delivery_date=order.expected_delivery_date,
            by=order.ordered_by,
        )

    def _receive(self, order, share=lambda quantity: quantity) -> GoodsReceipt:
        """What is still to come of `share` of each line; now and then one piece is no good."""
        rng = self.rng
        rows = []
        for line in order.lines.select_related("part__default_location"):
            if (come := share(line.quantity) - line.received_quantity) > 0:
                rows.append(Received(line, come, Decimal(0), line.part.default_location))
        if rng.random() < 0.15:
            bad = rng.randrange(len(rows))
            rows[bad] = rows[bad]._replace(rejected=Decimal(1), reason=rng.choice(REJECTIONS))
        return order.receive(
            rows, delivery_note=f"LS {rng.randrange(10_000, 99_999)}", by=rng.choice(self.people.staff)
        )


def _half(quantity: Decimal) -> Decimal:
    """About half, in whole units; nothing of a single piece."""
    return (quantity / 2).to_integral_value(ROUND_CEILING) if quantity > 1 else Decimal(0)
