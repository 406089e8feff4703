"""What a new database says about us until somebody enters the truth: visibly a sample, with the real defaults."""

from django.apps import apps as registry

from apps.company.models import Company, DocumentKind, DocumentText, Language

COMPANY = {
    "legal_name": "GM-TC Muster GmbH",
    "legal_form": "GmbH",
    "trade_name": "FOUZIES",
    "directors": "Maxi Muster",
    "register_court": "Amtsgericht Musterstadt",
    "register_number": "HRB 00000",
    "street": "Musterstraße 1",
    "postcode": "12345",
    "city": "Musterstadt",
    "country": "DE",
    "phone": "+49 30 0000000",
    "email": "office@example.com",
    "website": "www.example.com",
    "tax_number": "00/000/00000",
    "vat_id": "DE123456788",
    "bank_name": "Musterbank",
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
}

GERMAN, ENGLISH = Language.GERMAN, Language.ENGLISH
TEXTS = {
    (DocumentKind.QUOTE, GERMAN): (
        "Vielen Dank für Ihre Anfrage. Gern bieten wir Ihnen an:",
        "Wir freuen uns auf Ihren Auftrag. Bei Fragen sind wir gern für Sie da.",
    ),
    (DocumentKind.QUOTE, ENGLISH): (
        "Thank you for your enquiry. We are pleased to offer you:",
        "We look forward to your order and are glad to answer any questions.",
    ),
    (DocumentKind.ORDER_CONFIRMATION, GERMAN): (
        "Vielen Dank für Ihren Auftrag, den wir hiermit bestätigen:",
        "Bitte prüfen Sie die Angaben und melden Sie uns Abweichungen umgehend.",
    ),
    (DocumentKind.ORDER_CONFIRMATION, ENGLISH): (
        "Thank you for your order, which we confirm as follows:",
        "Please check the details and tell us about any deviation without delay.",
    ),
    (DocumentKind.DELIVERY_NOTE, GERMAN): (
        "Wir liefern Ihnen:",
        "Bitte prüfen Sie die Ware auf Vollständigkeit und Unversehrtheit und melden Sie Mängel umgehend.",
    ),
    (DocumentKind.DELIVERY_NOTE, ENGLISH): (
        "We deliver to you:",
        "Please check that the goods are complete and undamaged, and report defects without delay.",
    ),
    (DocumentKind.PURCHASE_ORDER, GERMAN): (
        "Hiermit bestellen wir:",
        "Bitte bestätigen Sie uns Preise und Liefertermin und nennen Sie unsere Bestellnummer auf allen Papieren.",
    ),
    (DocumentKind.PURCHASE_ORDER, ENGLISH): (
        "We hereby order:",
        "Please confirm prices and delivery date, and quote our order number on all papers.",
    ),
    (DocumentKind.INVOICE, GERMAN): (
        "Für unsere Lieferungen und Leistungen berechnen wir Ihnen:",
        "Vielen Dank für Ihr Vertrauen.",
    ),
    (DocumentKind.INVOICE, ENGLISH): (
        "We invoice our deliveries and services as follows:",
        "Thank you for your trust.",
    ),
    (DocumentKind.CANCELLATION, GERMAN): ("Hiermit stornieren wir die unten genannte Rechnung:", ""),
    (DocumentKind.CANCELLATION, ENGLISH): ("We hereby cancel the invoice named below:", ""),
    (DocumentKind.REMINDER, GERMAN): (
        "Sicher ist es Ihrer Aufmerksamkeit entgangen: Die folgenden Beträge sind noch offen.",
        "Sollten Sie inzwischen gezahlt haben, betrachten Sie dieses Schreiben bitte als gegenstandslos.",
    ),
    (DocumentKind.REMINDER, ENGLISH): (
        "You may have overlooked it: the following amounts are still open.",
        "If you have paid in the meantime, please disregard this letter.",
    ),
    (DocumentKind.DUNNING, GERMAN): (
        "Trotz unserer Zahlungserinnerung sind die folgenden Beträge noch offen. Wir mahnen sie hiermit an.",
        "Bitte zahlen Sie bis zum genannten Termin.",
    ),
    (DocumentKind.DUNNING, ENGLISH): (
        "In spite of our reminder, the following amounts are still open. We hereby request payment.",
        "Please pay by the date stated.",
    ),
    (DocumentKind.FINAL_DUNNING, GERMAN): (
        "Trotz Erinnerung und Mahnung sind die folgenden Beträge noch offen. Dies ist unsere letzte Mahnung.",
        "Geht bis zum genannten Termin keine Zahlung ein, leiten wir ohne weitere Ankündigung das gerichtliche "
        "Mahnverfahren ein.",
    ),
    (DocumentKind.FINAL_DUNNING, ENGLISH): (
        "In spite of a reminder and a dunning letter, the following amounts are still open. This is our final notice.",
        "If no payment arrives by the date stated, we will start court proceedings without further notice.",
    ),
}


def fill() -> None:
    """Create what is missing: the company's row, and each standing text that nobody has written yet."""
    if not Company.everything.exists():
        Company(**COMPANY).save(reason="create")
    written = set(DocumentText.everything.values_list("kind", "language"))
    for (kind, language), (intro, closing) in TEXTS.items():
        if (kind, language) not in written:
            DocumentText(kind=kind, language=language, intro=intro, closing=closing).save(reason="create")


def fill_after_migrate(sender, apps=registry, **kwargs) -> None:
    """`apps` is the state that migrate has reached, which may be one without our tables."""
    if "documenttext" in apps.all_models["company"]:
        fill()
