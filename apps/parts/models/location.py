from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.parts.models.tree import Branch
from gmtc.addresses import address_of
from gmtc.models import audit_log, unique_while_alive


class StorageLocation(Branch):
    """Where parts lie: Hall / Rack B / Box 14. `code` is what stands on the shelf's label."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("inside")
    )
    code = models.CharField(_("code"), max_length=30, help_text=_("As on the label, such as B-14."))

    history = audit_log()

    class Meta(Branch.Meta):
        verbose_name = _("storage location")
        verbose_name_plural = _("storage locations")
        ordering = ["code"]
        constraints = [
            unique_while_alive(
                models.functions.Lower("code"),
                name="parts_location_code",
                message=_("A storage location with this code exists."),
            )
        ]

    def __str__(self):
        return self.code

    def get_absolute_url(self):
        return address_of("parts:location_detail", self.pk)
