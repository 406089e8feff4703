from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.notifications.imports import tell_of_import
from gmtc.imports import DataImport, ImportRow
from gmtc.models import audit_log


class PartImportRow(ImportRow):
    """One row of an imported list of parts."""

    data_import = models.ForeignKey("parts.PartImport", models.CASCADE, related_name="rows")

    class Meta(ImportRow.Meta):
        verbose_name = _("row of a parts import")
        verbose_name_plural = _("rows of a parts import")


class PartImport(DataImport):
    """A file of parts that somebody uploaded."""

    resource_name = "apps.parts.resources.PartResource"
    history = audit_log(without=DataImport.unlogged)

    class Meta(DataImport.Meta):
        verbose_name = _("parts import")
        verbose_name_plural = _("parts imports")

    def tell(self, *, by):
        tell_of_import(self, by=by)
