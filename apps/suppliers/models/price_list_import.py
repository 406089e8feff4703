from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.notifications.imports import tell_of_import
from gmtc.imports import DataImport, ImportRow
from gmtc.models import audit_log


class PriceListRow(ImportRow):
    """One row of a price list."""

    data_import = models.ForeignKey("suppliers.PriceListImport", models.CASCADE, related_name="rows")

    class Meta(ImportRow.Meta):
        verbose_name = _("row of a price list")
        verbose_name_plural = _("rows of a price list")
        indexes = [models.Index(fields=["data_import", "kind", "number"], name="suppliers_listrow_kind")]


class PriceListImport(DataImport):
    """A price list of one supplier that somebody uploaded."""

    resource_name = "apps.suppliers.resources.PriceListResource"
    history = audit_log(without=DataImport.unlogged)

    supplier = models.ForeignKey(
        "suppliers.Supplier", models.PROTECT, related_name="+", verbose_name=_("supplier"), editable=False
    )

    class Meta(DataImport.Meta):
        verbose_name = _("import of a price list")
        verbose_name_plural = _("imports of price lists")

    def make_resource(self):
        return self.resource(supplier=self.supplier)

    def tell(self, *, by):
        tell_of_import(self, by=by)
