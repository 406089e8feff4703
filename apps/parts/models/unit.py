from django.db import models
from django.utils.translation import gettext_lazy as _


class Unit(models.TextChoices):
    """Units of measure by their UN/ECE Rec 20 codes, as e-invoices name them."""

    PIECE = "H87", _("pcs")
    SET = "SET", _("set")
    PAIR = "PR", _("pair")
    METRE = "MTR", _("m")
    KILOGRAM = "KGM", _("kg")
    LITRE = "LTR", _("l")
    HOUR = "HUR", _("h")

    @property
    def is_counted(self) -> bool:
        """Whether only whole numbers make sense."""
        return self in (Unit.PIECE, Unit.SET, Unit.PAIR)
