from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gmtc.imports import DataImport, ImportRow
from gmtc.models import audit_log


class PartImportRow(ImportRow):
    """One row of an imported list of parts."""

    data_import = models.ForeignKey("parts.PartImport", models.CASCADE, related_name="rows")

    class Meta(ImportRow.Meta):
        verbose_name = _("row of a parts import")
        verbose_name_plural = _("rows of a parts import")
        indexes = [
            models.Index(fields=["data_import", "kind", "number"], name="parts_importrow_kind"),
            models.Index(fields=["record_id"], name="parts_importrow_record"),
        ]


class PartImport(DataImport):
    """A file of parts that somebody uploaded."""

    resource_name = "apps.parts.resources.PartResource"
    row_model = PartImportRow
    task = "parts.work_on_import"

    history = audit_log(without=("progress", "seen_alive", "headings"))

    class Meta(DataImport.Meta):
        verbose_name = _("parts import")
        verbose_name_plural = _("parts imports")
        default_permissions = ()

    def get_absolute_url(self):
        return reverse("parts:import_detail", args=[self.pk])
