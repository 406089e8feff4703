"""The QR code that fills in a bank transfer (EPC069-12, version 002)."""

from decimal import Decimal

from django.utils.safestring import SafeString

from gmtc.barcodes import qr

MOST = Decimal("999999999.99")


def payload(*, name: str, iban: str, bic: str, amount: Decimal, text: str) -> str:
    """The lines of the code. Raises ValueError for what cannot be transferred."""
    if not iban or not Decimal("0.01") <= amount <= MOST:
        raise ValueError("a transfer needs an account and an amount")
    lines = ["BCD", "002", "1", "SCT", bic, name[:70], iban.replace(" ", ""), f"EUR{amount:.2f}", "", "", text[:140]]
    return "\n".join(lines)


def code(**given) -> SafeString | None:
    """The code as SVG; none where nothing is to be paid, or where we have no account."""
    try:
        return qr(payload(**given), error="m")
    except ValueError:
        return None
