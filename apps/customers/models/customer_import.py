from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gmtc.imports import DataImport, ImportRow
from gmtc.models import audit_log


class CustomerImportRow(ImportRow):
    """One row of an imported list of customers."""

    data_import = models.ForeignKey("customers.CustomerImport", models.CASCADE, related_name="rows")

    class Meta(ImportRow.Meta):
        verbose_name = _("row of a customers import")
        verbose_name_plural = _("rows of a customers import")
        indexes = [
            models.Index(fields=["data_import", "kind", "number"], name="customers_importrow_kind"),
            models.Index(fields=["record_id"], name="customers_importrow_record"),
        ]


class CustomerImport(DataImport):
    """A file of customers that somebody uploaded."""

    resource_name = "apps.customers.resources.CustomerResource"
    row_model = CustomerImportRow
    task = "customers.work_on_import"

    history = audit_log(without=("progress", "seen_alive", "headings"))

    class Meta(DataImport.Meta):
        verbose_name = _("customers import")
        verbose_name_plural = _("customers imports")
        default_permissions = ()

    def get_absolute_url(self):
        return reverse("customers:import_detail", args=[self.pk])
