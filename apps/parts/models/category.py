from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.parts.models.tree import Branch
from gmtc.addresses import address_of
from gmtc.models import audit_log, unique_while_alive


class Category(Branch):
    """What kind of part: Mechanics / Screws."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    description = models.TextField(_("description"), blank=True)

    history = audit_log()

    class Meta(Branch.Meta):
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        permissions = [("export_category", "Can export categories"), ("import_category", "Can import categories")]
        constraints = [
            unique_while_alive(
                models.functions.Lower("name"),
                "parent",
                name="parts_category_name",
                message=_("A category with this name exists here."),
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return address_of("parts:category_edit", self.pk)
