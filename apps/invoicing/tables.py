"""Columns of this room's lists; the cells stand in templates/invoicing/."""

from django.utils.translation import gettext_lazy as _

from gmtc.tables import Column, RecordTable


class InvoiceTable(RecordTable):
    number = Column(verbose_name=_("Number"), fixed=True, order_by=("number", "id"))
    customer = Column(verbose_name=_("Customer"), order_by="buyer_name", fixed=True)
    status = Column(verbose_name=_("Status"))
    invoice_date = Column(verbose_name=_("Date"), secondary=True)
    due_date = Column(verbose_name=_("Due on"), secondary=True)
    order = Column(verbose_name=_("Customer order"), order_by="order__number", secondary=True)
    net = Column(verbose_name=_("Net"), numeric=True, secondary=True)
    total = Column(verbose_name=_("Total"), numeric=True)
    open = Column(verbose_name=_("Open"), order_by="left", numeric=True)
    paid_amount = Column(verbose_name=_("Paid"), numeric=True, hidden=True)
    customer_reference = Column(verbose_name=_("Their number"), hidden=True)
    mailed_to = Column(verbose_name=_("Mailed to"), hidden=True)
    responsible = Column(verbose_name=_("Handled by"), order_by="responsible__name", hidden=True)
    created_at = Column(verbose_name=_("Created"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "-created_at"


class PaymentTable(RecordTable):
    paid_on = Column(verbose_name=_("Paid on"), fixed=True)
    invoice = Column(verbose_name=_("Invoice"), order_by="invoice__number", fixed=True)
    customer = Column(verbose_name=_("Customer"), order_by="invoice__buyer_name", secondary=True)
    amount = Column(verbose_name=_("Amount"), numeric=True)
    reduction = Column(verbose_name=_("Deduction"), numeric=True, secondary=True)
    method = Column(verbose_name=_("Method"), secondary=True)
    reference = Column(verbose_name=_("Reference"), secondary=True)
    note = Column(verbose_name=_("Note"), hidden=True)
    created_by = Column(verbose_name=_("Who"), order_by="created_by__name", hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "-paid_on"


class ToInvoiceTable(RecordTable):
    number = Column(verbose_name=_("Customer order"), fixed=True)
    customer = Column(verbose_name=_("Customer"), order_by="customer__name", fixed=True)
    status = Column(verbose_name=_("Status"), secondary=True)
    order_date = Column(verbose_name=_("Ordered on"), secondary=True)
    shipped_on = Column(verbose_name=_("Last shipped on"), secondary=True)
    value = Column(verbose_name=_("To invoice, net"), numeric=True)
    drafts = Column(verbose_name=_("On drafts"), order_by="drafts", secondary=True)

    class Meta(RecordTable.Meta):
        order_by = "shipped_on"
