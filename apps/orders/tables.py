"""Columns of this room's list; the cells stand in templates/orders/."""

from django.utils.translation import gettext_lazy as _

from gmtc.tables import Column, RecordTable


class CustomerOrderTable(RecordTable):
    number = Column(verbose_name=_("Number"), fixed=True, order_by=("number", "quote_number", "id"))
    customer = Column(verbose_name=_("Customer"), order_by="customer__name", fixed=True)
    status = Column(verbose_name=_("Status"))
    quote_number = Column(verbose_name=_("Quote"), secondary=True, hidden=True)
    order_date = Column(verbose_name=_("Date"), order_by=("order_date", "quote_date", "created_at"), secondary=True)
    promised_date = Column(verbose_name=_("Promised on"), secondary=True)
    net = Column(verbose_name=_("Net"), numeric=True)
    progress = Column(verbose_name=_("Shipped"), orderable=False, secondary=True)
    total = Column(verbose_name=_("Total"), numeric=True, hidden=True)
    customer_reference = Column(verbose_name=_("Their number"), hidden=True)
    requested_date = Column(verbose_name=_("Wanted on"), hidden=True)
    valid_until = Column(verbose_name=_("Quote valid until"), hidden=True)
    responsible = Column(verbose_name=_("Handled by"), order_by="responsible__name", hidden=True)
    created_at = Column(verbose_name=_("Created"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "-created_at"
