from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    ADVANCE = "advance", _("Advance invoice")
    CREDIT_NOTE = "credit_note", _("Cancellation invoice")


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Open")
    PARTIAL = "partially_paid", _("Partly paid")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


class Profile(models.TextChoices):
    """What the e-invoice of a document is; both follow EN 16931."""

    ZUGFERD = "zugferd", "ZUGFeRD (EN 16931)"
    XRECHNUNG = "xrechnung", "XRechnung"


# Issued, and money is still to come; "overdue" is derived from the due date and never stored.
OPEN = (Status.SENT, Status.PARTIAL)
