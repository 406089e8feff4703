from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gmtc.models import AliveManager, Record, RecordQuerySet, audit_log, unique_while_alive

PLACE = "{number}"


def right_tracking_url(value: str) -> None:
    """An address that opens in a browser, with one place for the tracking number."""
    if value.count(PLACE) != 1:
        raise ValidationError(_("The address has {number} where the tracking number goes, once."))
    URLValidator(schemes=["https", "http"])(value.replace(PLACE, "1"))


class CarrierQuerySet(RecordQuerySet):
    def active(self):
        return self.filter(is_active=True)


class Carrier(Record):
    """Who brings the goods: a parcel service, a haulier, or the customer who collects them."""

    name = models.CharField(_("name"), max_length=60)
    service = models.CharField(
        _("usual service"), max_length=60, blank=True, help_text=_("Proposed for deliveries, such as: Paket, Express.")
    )
    tracking_url = models.CharField(
        _("tracking address"),
        max_length=300,
        blank=True,
        validators=[right_tracking_url],
        help_text=_("With {number} where the tracking number goes. Empty: there is no tracking."),
    )
    is_pickup = models.BooleanField(
        _("the customer collects"),
        default=False,
        help_text=_("What is handed over has arrived at once; there is nothing to track."),
    )
    is_active = models.BooleanField(_("in use"), default=True, help_text=_("Offered for new deliveries."))

    objects = AliveManager.from_queryset(CarrierQuerySet)()
    everything = CarrierQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering = ["name"]
        constraints = [
            unique_while_alive(
                Lower("name"), name="deliveries_carrier_name", message=_("A carrier with this name exists.")
            ),
            models.CheckConstraint(
                condition=Q(is_pickup=False) | Q(tracking_url=""),
                name="deliveries_carrier_pickup",
                violation_error_message=_("What the customer collects cannot be tracked."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{reverse('deliveries:carrier_list')}#{self.pk}"

    def tracking_link(self, number: str) -> str:
        """The carrier's page about a parcel; empty without a number or an address."""
        return self.tracking_url.replace(PLACE, quote(number.strip(), safe="")) if number.strip() else ""
