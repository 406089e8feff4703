"""Columns of this room's lists; the cells stand in templates/customers/."""

from django.utils.translation import gettext_lazy as _

from gmtc.tables import Column, RecordTable


class CustomerTable(RecordTable):
    name = Column(verbose_name=_("Name"), fixed=True)
    number = Column(verbose_name=_("Number"), secondary=True)
    kind = Column(verbose_name=_("Kind"), hidden=True)
    city = Column(verbose_name=_("City"))
    country = Column(verbose_name=_("Country"), secondary=True)
    vat_id = Column(verbose_name=_("VAT ID"), secondary=True, hidden=True)
    tax_case = Column(verbose_name=_("Tax case"), hidden=True)
    email = Column(verbose_name=_("E-mail"), secondary=True)
    phone = Column(verbose_name=_("Phone"), secondary=True)
    payment_days = Column(verbose_name=_("Days to pay"), numeric=True, hidden=True)
    discount_percent = Column(verbose_name=_("Discount (%)"), numeric=True, hidden=True)
    language = Column(verbose_name=_("Language"), hidden=True)
    follow_up_on = Column(verbose_name=_("Next follow-up"))
    updated_at = Column(verbose_name=_("Last changed"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "name"


class FollowUpTable(RecordTable):
    follow_up_on = Column(verbose_name=_("Due"), fixed=True)
    customer = Column(verbose_name=_("Customer"), order_by="customer__name", fixed=True)
    text = Column(verbose_name=_("What it is about"), orderable=False, fixed=True)
    contact = Column(verbose_name=_("With whom"), order_by="contact__last_name", secondary=True)
    phone = Column(verbose_name=_("Phone"), orderable=False, secondary=True)
    kind = Column(verbose_name=_("Kind"), hidden=True)
    follow_up_by = Column(verbose_name=_("Follow-up by"), order_by="follow_up_by__name", secondary=True)
    happened_at = Column(verbose_name=_("Written on"), hidden=True)

    class Meta(RecordTable.Meta):
        order_by = "follow_up_on"
