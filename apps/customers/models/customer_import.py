from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.notifications.imports import tell_of_import
from gmtc.imports import DataImport, ImportRow
from gmtc.models import audit_log


class CustomerImportRow(ImportRow):
    """One row of an imported list of customers."""

    data_import = models.ForeignKey("customers.CustomerImport", models.CASCADE, related_name="rows")

    class Meta(ImportRow.Meta):
        verbose_name = _("row of a customers import")
        verbose_name_plural = _("rows of a customers import")


class CustomerImport(DataImport):
    """A file of customers that somebody uploaded."""

    resource_name = "apps.customers.resources.CustomerResource"
    history = audit_log(without=DataImport.unlogged)

    class Meta(DataImport.Meta):
        verbose_name = _("customers import")
        verbose_name_plural = _("customers imports")

    def tell(self, *, by):
        tell_of_import(self, by=by)
