"""Forty customers of a printer maker: machine shops, dentists, schools, a ministry, some who print at home.

All names are invented and all addresses of mail end in example.com; the VAT IDs are made to pass their check digits.
"""

import random
from datetime import date, timedelta

from stdnum.eu import vat

from apps.customers.models import Address, AddressKind, Contact, Customer, Interaction, InteractionKind, Kind
from apps.customers.models.customer import free_number
from apps.customers.models.tax import suggested_tax_case
from gmtc.demo import People, moment, store, store_change, workdays

# company, street, postcode, city, state, country
COMPANIES = [
    ("Brandl Feinmechanik GmbH", "Werkstraße 14", "70565", "Stuttgart", "", "DE"),
    ("Kessler Prototypenbau GmbH & Co. KG", "Am Gewerbepark 3", "91052", "Erlangen", "", "DE"),
    ("Hansen Yachtausstattung GmbH", "Hafenallee 22", "24159", "Kiel", "", "DE"),
    ("Dentallabor Wiesner GmbH", "Lindenstraße 8", "04109", "Leipzig", "", "DE"),
    ("Rothmund Orthopädietechnik KG", "Bahnhofstraße 41", "79098", "Freiburg", "", "DE"),
    ("Möllers Modellbau e. K.", "Schützenweg 5", "48143", "Münster", "", "DE"),
    ("Nordlicht Leuchtenmanufaktur GmbH", "Speicherstraße 11", "20457", "Hamburg", "", "DE"),
    ("Großmann Vorrichtungsbau GmbH", "Industriestraße 60", "09116", "Chemnitz", "", "DE"),
    ("Technische Schule Hohenfels", "Schulberg 1", "35390", "Gießen", "", "DE"),
    ("Fab Werkstatt Ost gGmbH", "Rummelsburger Platz 2", "10317", "Berlin", "", "DE"),
    ("Ingenieurbüro Sander & Vogt PartG mbB", "Kaiserring 27", "68161", "Mannheim", "", "DE"),
    ("Landesamt für Straßenbau Mittelland", "Amtsplatz 4", "99084", "Erfurt", "", "DE"),
    ("Weiß Sondermaschinen GmbH", "Carl-Benz-Straße 9", "89077", "Ulm", "", "DE"),
    ("Pfeiffer Uhrenteile GmbH", "Altenberger Straße 18", "01768", "Glashütte", "", "DE"),
    ("Alpenblick Maschinenbau GmbH", "Innstraße 52", "6020", "Innsbruck", "", "AT"),
    ("Steiner Medizintechnik GmbH", "Grazer Straße 7", "8600", "Bruck an der Mur", "", "AT"),
    ("Donau Robotik GmbH", "Handelskai 134", "1020", "Wien", "", "AT"),
    ("Ländle Formenbau GmbH", "Schwefel 91", "6850", "Dornbirn", "", "AT"),
    ("Atelier Mécanique Garnier SARL", "14 rue des Ateliers", "69007", "Lyon", "", "FR"),
    ("Impression Bretonne SAS", "3 quai du Port", "29200", "Brest", "", "FR"),
    ("Laboratoire Morel SAS", "28 avenue Pasteur", "67000", "Strasbourg", "", "FR"),
    ("Van der Berg Prototyping B.V.", "Havenweg 18", "3089 JK", "Rotterdam", "", "NL"),
    ("Lagekade Design B.V.", "Lagekade 7", "1013 AB", "Amsterdam", "", "NL"),
    ("Noordzee Scheepsmodellen B.V.", "Dijkstraat 3", "9711 KL", "Groningen", "", "NL"),
    ("Rütli Präzision AG", "Seestrasse 44", "6440", "Brunnen", "Schwyz", "CH"),
    ("Zentrum für Additive Fertigung AG", "Technoparkstrasse 10", "8005", "Zürich", "", "CH"),
    ("Jura Décolletage SA", "Rue de l'Industrie 6", "2740", "Moutier", "", "CH"),
    ("Cascade Rapid Tooling Inc.", "1840 Industrial Way", "97210", "Portland", "OR", "US"),
    ("Lakeshore Robotics LLC", "411 Harbor Drive", "53202", "Milwaukee", "WI", "US"),
]
PEOPLE = [
    ("ms", "", "Katharina", "Vogel", "Rosenweg 12", "50667", "Köln", "DE"),
    ("mr", "Dr.", "Matthias", "Brückner", "Am Kanal 4", "48147", "Münster", "DE"),
    ("mr", "", "Emre", "Aydın", "Sonnenallee 118", "12045", "Berlin", "DE"),
    ("ms", "", "Sophie", "Lehnhardt", "Hauptstraße 77", "69117", "Heidelberg", "DE"),
    ("mr", "", "Johannes", "Gruber", "Mozartgasse 2", "5020", "Salzburg", "AT"),
    ("ms", "Mag.", "Eva", "Hofstätter", "Landstraße 31", "4020", "Linz", "AT"),
    ("mr", "", "Luc", "Perrin", "9 rue des Lilas", "31000", "Toulouse", "FR"),
    ("ms", "", "Sanne", "de Wit", "Kerkplein 5", "3512 JE", "Utrecht", "NL"),
    ("mr", "", "Reto", "Ammann", "Bergstrasse 16", "3011", "Bern", "CH"),
    ("ms", "", "Grace", "Holloway", "27 Maple Street", "04101", "Portland", "US"),
    ("mr", "", "Daniel", "Whitaker", "905 Elm Avenue", "78704", "Austin", "US"),
]
STATES = {"04101": "ME", "78704": "TX"}
FIRST = {
    "DE": ["Julia", "Thomas", "Sabine", "Markus", "Nina", "Stefan", "Leyla", "Jan"],
    "AT": ["Barbara", "Florian", "Magdalena", "Andreas"],
    "FR": ["Camille", "Antoine", "Élodie", "Julien"],
    "NL": ["Femke", "Daan", "Lotte", "Bram"],
    "CH": ["Urs", "Regula", "Beat", "Corinne"],
    "US": ["Megan", "Tyler", "Alicia", "Brandon"],
}
LAST = {
    "DE": ["Krüger", "Yılmaz", "Seidel", "Bachmann", "Ostermann", "Thiele", "Nowak", "Fuchs"],
    "AT": ["Pichler", "Moser", "Lackner", "Eder"],
    "FR": ["Fontaine", "Roussel", "Lambert", "Chevalier"],
    "NL": ["Visser", "Bakker", "Jansen", "Mulder"],
    "CH": ["Zbinden", "Keller", "Favre", "Gerber"],
    "US": ["Carlson", "Ramirez", "Bennett", "Osei"],
}
FEMALE = {
    "Julia", "Sabine", "Nina", "Leyla", "Barbara", "Magdalena", "Camille", "Élodie", "Femke", "Lotte", "Regula",
    "Corinne", "Megan", "Alicia",
}  # fmt: skip
ROLES = {
    "de": ["Einkauf", "Technische Leitung", "Geschäftsführung", "Werkstatt", "Buchhaltung"],
    "en": ["Purchasing", "Head of engineering", "Managing director", "Workshop", "Accounting"],
}
SAID = {
    InteractionKind.CALL: [
        "Fragt nach der Lieferzeit für einen FP24. Angebot bis Ende der Woche zugesagt.",
        "Düse verstopft beim Wechsel auf PETG. Hilft sich nach Anleitung selbst, meldet sich sonst.",
        "Budget für das nächste Jahr ist frei, will im Herbst einen zweiten Drucker.",
        "Zahlung ist unterwegs, Rechnung lag in der Buchhaltung.",
    ],
    InteractionKind.MAIL: [
        "Datenblatt und Maße des FP242 geschickt.",
        "Bestellt Ersatzriemen nach; alte Auftragsnummer liegt bei.",
        "Möchte Rechnungen künftig als ZUGFeRD an die Rechnungsadresse.",
    ],
    InteractionKind.MEETING: [
        "Vorführung in der Werkstatt: Musterteil in PA12 gedruckt, Oberfläche gefällt. Angebot gewünscht.",
        "Messe: Interesse an der Version mit geschlossenem Bauraum. Kollege entscheidet mit.",
    ],
    InteractionKind.NOTE: ["Anlieferung nur vormittags, Rampe auf der Rückseite.", "Rabatt für Schulen vereinbart."],
}
TO_DO = ["Nachfassen", "Angebot besprechen", "Liefertermin bestätigen"]

GOODS_IN = {
    "DE": ("70567", "Stuttgart"),
    "AT": ("1100", "Wien"),
    "FR": ("69008", "Lyon"),
    "NL": ("3011 AA", "Rotterdam"),
    "CH": ("8400", "Winterthur"),
}
PHONES = {
    "DE": "+49 30 23125 {:03}",
    "AT": "+43 1 5550 {:03}",
    "FR": "+33 1 99 00 1{:03}",
    "NL": "+31 10 555 0{:03}",
    "CH": "+41 44 555 0{:03}",
    "US": "+1 503 555 0{:03}",
}
VAT_LENGTH = {"DE": "3{:08}", "AT": "U{:08}", "FR": "{:011}", "NL": "{:09}B01"}


def fill(rng: random.Random, today: date, people: People) -> None:
    """Write the room's demo data: two years of customers, who they are and what was said."""
    rng = random.Random(rng.random())  # noqa: S311 - so that rooms above see the same numbers whatever is drawn here
    days = workdays(today - timedelta(days=700), today - timedelta(days=40))
    customers = [_company(number, each, rng) for number, each in enumerate(COMPANIES)]
    customers += [_person(each) for each in PEOPLE]
    rng.shuffle(customers)
    joined = sorted(rng.sample(days, len(customers)))
    talk: list[tuple[Customer, list[Contact]]] = []
    for (customer, address), day in zip(customers, joined, strict=True):
        when, by = moment(day, rng), rng.choice([people.manager, *people.staff[:1]])
        customer.number = free_number()
        store([customer], by=by, when=when)
        address.customer = customer
        more = _more_addresses(customer, rng)
        store([address, *more], by=by, when=when)
        contacts = _contacts(customer, address.country, rng)
        if contacts:
            store(contacts, by=by, when=when)
        talk.append((customer, contacts))
    _talks(talk, joined, today, rng, people)
    _edits([customer for customer, _contacts in talk], today, rng, people)
    _verbs(today, people)


def _company(number: int, row, rng) -> tuple[Customer, Address]:
    name, street, postcode, city, state, country = row
    is_public = name.startswith(("Landesamt", "Technische Schule"))
    vat_id = "" if is_public or country not in VAT_LENGTH else _vat_id(country, 10_340_017 + number * 7_919)
    host = f"{_plain(name.split(' ')[0])}-{number + 1}.example.com"
    customer = Customer(
        kind=Kind.COMPANY,
        company_name=name,
        vat_id=vat_id,
        tax_case=suggested_tax_case(country=country, vat_id=vat_id),
        language="de" if country in ("DE", "AT", "CH") else "en",
        email=f"office@{host}",
        phone=_phone(country, rng),
        website=f"https://www.{host}",
        invoice_email=f"invoices@{host}" if rng.random() < 0.5 else "",
        payment_days=rng.choice([None, None, 14, 30, 30]),
        credit_limit=rng.choice([None, 5_000, 10_000, 25_000]),
        discount_percent=rng.choice([0, 0, 0, 3, 5]),
    )
    if customer.payment_days == 30:
        customer.skonto_percent, customer.skonto_days = 2, 10
    if is_public:
        customer.buyer_reference = customer.electronic_address = "04011000-1234512345-06"
        customer.address_scheme = "0204"
        customer.discount_percent = 5
    elif rng.random() < 0.4:
        customer.address_scheme, customer.electronic_address = "EM", f"invoices@{host}"
    return customer, _home(street=street, postcode=postcode, city=city, state=state, country=country)


def _person(row) -> tuple[Customer, Address]:
    salutation, title, first, last, street, postcode, city, country = row
    customer = Customer(
        kind=Kind.PERSON,
        salutation=salutation,
        title=title,
        first_name=first,
        last_name=last,
        email=f"{_plain(first)}.{_plain(last)}@example.com",
        tax_case=suggested_tax_case(country=country, vat_id=""),
        language="de" if country in ("DE", "AT", "CH") else "en",
        payment_days=14,
    )
    state = STATES.get(postcode, "")
    return customer, _home(street=street, postcode=postcode, city=city, state=state, country=country)


def _home(**place) -> Address:
    return Address(kind=AddressKind.BILLING, is_default=True, **place)


def _more_addresses(customer, rng) -> list[Address]:
    """Every third company takes its goods at another gate."""
    if customer.kind == Kind.PERSON or rng.random() > 0.35:
        return []
    gate = {"person": "Wareneingang", "street": "Werkstor 2"} if customer.language == "de" else {"street": "Dock 4"}
    country = rng.choice(["DE", "DE", "AT", "FR", "NL", "CH"])
    postcode, city = GOODS_IN[country]
    return [
        Address(
            customer=customer,
            kind=AddressKind.SHIPPING,
            is_default=True,
            postcode=postcode,
            city=city,
            country=country,
            **gate,
        )
    ]


def _contacts(customer, country: str, rng) -> list[Contact]:
    if customer.kind == Kind.PERSON:
        return []
    found, host = [], customer.email.partition("@")[2]
    names = rng.sample(
        list(zip(rng.sample(FIRST[country], 4), rng.sample(LAST[country], 4), strict=True)), rng.choice([1, 2, 3])
    )
    for number, (first, last) in enumerate(names):
        found.append(
            Contact(
                customer=customer,
                salutation="ms" if first in FEMALE else "mr",
                first_name=first,
                last_name=last,
                role=rng.choice(ROLES[customer.language]),
                email=f"{_plain(first)}.{_plain(last)}@{host}",
                phone=_phone(country, rng),
                mobile=_phone(country, rng) if rng.random() < 0.4 else "",
                is_primary=number == 0,
            )
        )
    return found


def _talks(talk, joined, today, rng, people) -> None:
    """What was said since they joined; what is to be done lies around today."""
    entries: dict[tuple, list[Interaction]] = {}
    open_left = 14
    for (customer, contacts), since in zip(talk, joined, strict=True):
        days = workdays(since, today - timedelta(days=1))
        for day in sorted(rng.sample(days, min(len(days), rng.choice([1, 2, 3, 4])))):
            kind = rng.choice([*SAID])
            by, when = rng.choice([people.manager, *people.staff[:2]]), moment(day, rng)
            entry = Interaction(
                customer=customer,
                kind=kind,
                happened_at=when,
                person=by,
                contact=rng.choice(contacts) if contacts and kind != InteractionKind.NOTE else None,
                text=rng.choice(SAID[kind]),
            )
            if open_left and day > today - timedelta(days=120) and rng.random() < 0.7:
                open_left -= 1
                entry.text = f"{entry.text}\n{rng.choice(TO_DO)}."
                entry.follow_up_on = today + timedelta(days=rng.randrange(-6, 15))
                entry.follow_up_by = rng.choice([people.admin, people.manager, *people.staff[:2]])
            elif rng.random() < 0.3:
                entry.follow_up_on = min(day + timedelta(days=rng.randrange(3, 15)), today - timedelta(days=1))
                entry.follow_up_by = by
                entry.done_at, entry.done_by = moment(entry.follow_up_on, rng), by
            entries.setdefault((when, by), []).append(entry)
    for (when, by), found in entries.items():
        store(found, by=by, when=when)


def _edits(customers, today, rng, people) -> None:
    """Terms that were agreed on later."""
    for day in rng.sample(workdays(today - timedelta(days=35), today - timedelta(days=2)), 5):
        changed = rng.sample(customers, 2)
        for customer in changed:
            customer.discount_percent += rng.choice([1, 2, 3])
        store_change(changed, ["discount_percent"], by=people.manager, when=moment(day, rng))


def _verbs(today, people) -> None:
    """Checked VAT IDs, and one who does not pay."""
    checked = Customer.objects.filter(tax_case="K").order_by("number")
    for number, customer in enumerate(checked):
        if number % 4 != 3:
            customer.record_vat_check("valid", by=people.manager, request=f"{1_204_410 + number * 37}")
    late = Customer.objects.get(company_name="Möllers Modellbau e. K.")
    late.block("Zwei Rechnungen seit über 60 Tagen offen", by=people.manager)


def _vat_id(country: str, number: int) -> str:
    """The first VAT ID from `number` on whose check digits are right."""
    while True:
        found = country + VAT_LENGTH[country].format(number)
        if vat.is_valid(found):
            return found
        number += 1


def _phone(country: str, rng) -> str:
    """Of the ranges that regulators keep for films and examples, where there are such."""
    return PHONES[country].format(rng.randrange(100, 199))


def _plain(name: str) -> str:
    """Letters that fit into a mail address."""
    letters = name.lower().translate(str.maketrans("äöüéèçı", "aoueeci")).replace("ß", "ss")
    return "".join(each for each in letters if each.isascii() and each.isalnum())
