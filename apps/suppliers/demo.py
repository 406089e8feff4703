"""A year of buying: suppliers, their offers, some sixty purchase orders in every state, and what came of them."""

import random
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from uuid_utils.compat import uuid7

from apps.numbering.models import Key, next_number
from apps.parts.models import MovementKind, Part, Procurement, Reference, StockMovement
from apps.parts.models.stock import reference_columns
from apps.suppliers import papers
from apps.suppliers.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    Status,
    Supplier,
    SupplierContact,
    SupplierPart,
)
from apps.suppliers.models.purchase_order import TERMS
from gmtc.demo import People, moment, store, store_change, workdays
from gmtc.money import line_net, moving_average, unit_price

ORDERS = 58
WITH_PDF = timedelta(days=30)  # the paper of older orders lies in the binder


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


def fill(rng: random.Random, today: date, people: People) -> None:
    """Write the room's demo data; nothing happens after yesterday."""
    days = workdays(today - timedelta(days=365), today - timedelta(days=1))
    suppliers = _suppliers(rng, moment(days[0], rng), people)
    offers = _offers(suppliers, rng, moment(days[1], rng), people)
    Year(rng, today, people, days, offers).write()


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
    """Orders are thought out first, then everything is written in the order in which it happened."""

    def __init__(self, rng: random.Random, today: date, people: People, days: list[date], offers):
        self.rng, self.today, self.people, self.days = rng, today, people, days
        self.by_supplier: dict[Supplier, list[SupplierPart]] = {}
        for offer in offers:
            if not offer.part.is_serialised and offer.part.default_location_id:
                self.by_supplier.setdefault(offer.supplier, []).append(offer)
        self.events: list[tuple[datetime, int, object]] = []

    def write(self) -> None:
        ends = ["received"] * 30 + ["two parts"] * 8 + ["closed", "closed", "cancelled", "cancelled", "reversed"]
        recent = ["sent"] * 5 + ["late"] * 3 + ["partial"] * 3 + ["draft"] * 4
        old_days = sorted(self.rng.choices(self.days[3:-45], k=ORDERS - len(recent)))
        fates = [self.rng.choice(ends) for _day in old_days]
        fates[: len(ends[-5:])] = ends[-5:]  # each of the rare ones at least once
        suppliers = sorted(self.by_supplier, key=lambda each: each.number)
        for number, (day, fate) in enumerate(zip(old_days, fates, strict=True)):
            self._plan(suppliers[number % len(suppliers)], day, fate)
        for number, fate in enumerate(recent):
            back = {"late": 34, "draft": 3, "partial": 16}.get(fate, 6)
            self._plan(suppliers[(number * 3) % len(suppliers)], self.days[-back - number % 3], fate)
        self.events.sort(key=lambda event: event[:2])
        for _when, _number, happen in self.events:
            happen()

    def _at(self, when: datetime, happen) -> None:
        if when.date() < self.today:
            self.events.append((when, len(self.events), happen))

    def _plan(self, supplier: Supplier, day: date, fate: str) -> None:
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
        lines = [self._line(order, offer, age, position) for position, offer in enumerate(chosen, start=1)]
        made = moment(day, rng)
        self._at(made, lambda: self._draft(order, lines, made))
        if fate == "draft":
            return
        sent = made + timedelta(minutes=rng.randrange(20, 200))
        self._at(sent, lambda: self._send(order, supplier, sent))
        if fate == "cancelled":
            self._at(sent + timedelta(days=2), lambda: self._cancel(order, sent + timedelta(days=2)))
        elif fate in ("sent", "late"):
            return
        else:
            self._plan_receipts(order, lines, expected, sent, fate)

    def _plan_receipts(self, order, lines, expected: date, sent: datetime, fate: str) -> None:
        rng = self.rng
        slips = [-2, -1, 0, 0, 0] if (order.supplier.rating or 3) > 4 else [-2, -1, -1, 0, 0, 0, 1, 4]
        slip = rng.choice(slips) if fate != "partial" else 0
        day = max(expected + timedelta(days=slip), sent.date() + timedelta(days=1))
        if fate == "partial":
            day = self.today - timedelta(days=rng.randrange(1, 5))
        first = moment(min(day, self.today - timedelta(days=1)), rng)
        half = [(line, _part_of(line.quantity)) for line in lines]
        if fate in ("two parts", "partial", "closed"):
            self._at(first, lambda: self._receive(order, half, first))
            if fate == "two parts":
                second = first + timedelta(days=rng.randrange(3, 9))
                self._at(second, lambda: self._receive(order, [(line, line.quantity) for line in lines], second))
            elif fate == "closed":
                self._at(first + timedelta(days=20), lambda: self._close(order, first + timedelta(days=20)))
            return
        everything = [(line, line.quantity) for line in lines]
        if fate == "reversed":  # booked to the wrong order, taken back, booked once more
            self._at(first, lambda: self._receive(order, half[:1], first, wrong=True))
            first += timedelta(days=2)
        self._at(first, lambda: self._receive(order, everything, first))

    def _line(self, order, offer: SupplierPart, age: int, position: int) -> PurchaseOrderLine:
        wanted = (offer.part.reorder_quantity or offer.moq) * self.rng.choice([1, 1, 2])
        quantity = offer.order_quantity(wanted)
        older = Decimal(100 - age // 60 + self.rng.randrange(-1, 2)) / 100  # prices have crept up
        price = unit_price(offer.price_for(quantity) * older)
        discount = Decimal(self.rng.choice([0, 0, 0, 0, 5]))
        return PurchaseOrderLine(
            purchase_order=order,
            part=offer.part,
            position=position,
            supplier_sku=offer.supplier_sku,
            description=offer.name or offer.part.name,
            quantity=quantity,
            unit=offer.part.unit,
            unit_price=price,
            discount=discount,
            tolerance=Decimal(10) if offer.pack_size > 1 else Decimal(0),
            net=line_net(quantity, price, discount=discount),
        )

    # --- What happens

    def _draft(self, order, lines, when) -> None:
        store([order], by=order.ordered_by, when=when)
        store(lines, by=order.ordered_by, when=when)

    def _send(self, order, supplier, when) -> None:
        order.order_date, order.status = when.date(), Status.SENT
        order.copy_terms(supplier)
        order.number = next_number(Key.PURCHASE_ORDER, on=order.order_date)
        order.supplier_reference = f"AB{self.rng.randrange(100_000, 999_999)}" if self.rng.random() < 0.6 else ""
        fields = ["order_date", "status", "number", "supplier_reference", *TERMS]
        store_change([order], fields, by=self.people.manager, when=when)
        if self.today - order.order_date < WITH_PDF:
            order.refresh_from_db()
            papers.issue(order, by=self.people.manager)

    def _cancel(self, order, when) -> None:
        order.status, order.reason = Status.CANCELLED, "Lieferant kann nicht liefern"
        store_change([order], ["status", "reason"], by=self.people.manager, when=when)

    def _close(self, order, when) -> None:
        order.status, order.is_closed_short, order.reason = Status.RECEIVED, True, "Rest nicht mehr lieferbar"
        store_change([order], ["status", "is_closed_short", "reason"], by=self.people.manager, when=when)

    def _receive(self, order, wanted, when, *, wrong: bool = False) -> None:
        who = self.rng.choice(self.people.staff)
        stored = {line.pk: line for line in order.lines.select_related("part__default_location")}
        rows = []
        for each, up_to in wanted:
            line = stored[each.pk]
            line.purchase_order = order
            if up_to > line.received_quantity:
                rows.append((line, up_to - line.received_quantity))
        if not rows:
            return
        receipt = self._receipt(order, when, who, f"LS {self.rng.randrange(10_000, 99_999)}")
        rejected = self.rng.randrange(len(rows)) if self.rng.random() < 0.15 else None
        for number, (line, quantity) in enumerate(rows):
            bad = Decimal(1) if number == rejected else Decimal(0)
            self._book(receipt, line, quantity, bad, when, who)
        if wrong:
            counter = self._receipt(order, when + timedelta(hours=1), who, receipt.delivery_note, reverses=receipt)
            for line, quantity in rows:
                self._book(counter, line, -quantity, Decimal(0), when + timedelta(hours=1), who)
            for each in receipt.lines.exclude(rejected=0):
                GoodsReceiptLine.write(counter, each.line, Decimal(0), -each.rejected, None, each.reason)
        status = self._status_of(order)
        if status != order.status:
            order.status = status
            store_change([order], ["status"], by=who, when=when)

    def _receipt(self, order, when, who, delivery_note, **fields) -> GoodsReceipt:
        receipt = GoodsReceipt(
            number=next_number(Key.GOODS_RECEIPT, on=when.date()),
            purchase_order=order,
            delivery_note=delivery_note,
            received_on=when.date(),
            **fields,
        )
        store([receipt], by=who, when=when)
        return receipt

    def _book(self, receipt, line, quantity, rejected, when, who) -> None:
        part = Part.objects.get(pk=line.part_id)
        reason = self.rng.choice(REJECTIONS) if rejected else ""
        GoodsReceiptLine.write(receipt, line, quantity, rejected, line.part.default_location, reason)
        if quantity > 0:
            average = moving_average(part.current_stock, part.average_cost, quantity, line.unit_cost)
        else:
            average = part.average_cost
        StockMovement.objects.bulk_create(
            [
                StockMovement(
                    id=uuid7(nanoseconds=int(when.timestamp() * 1_000_000_000)),
                    part=part,
                    location=line.part.default_location,
                    kind=MovementKind.PURCHASE,
                    quantity=quantity,
                    unit_cost=line.unit_cost,
                    note=line.purchase_order.number,
                    created_at=when,
                    created_by=who,
                    **reference_columns(Reference.to(receipt)),
                )
            ]
        )
        Part.everything.filter(pk=part.pk).update(average_cost=average)

    @staticmethod
    def _status_of(order) -> str:
        lines = list(order.lines.all())
        if all(line.received_quantity >= line.quantity for line in lines):
            return Status.RECEIVED
        return Status.PARTIAL if any(line.received_quantity for line in lines) else Status.SENT


def _part_of(quantity: Decimal) -> Decimal:
    """About half, in whole units; nothing of a single piece."""
    return (quantity / 2).to_integral_value(ROUND_CEILING) if quantity > 1 else Decimal(0)
