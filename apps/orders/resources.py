"""Export of orders, one row an order."""

from django.utils.translation import gettext_lazy as _

from apps.orders.models import CustomerOrder
from gmtc.columns import Column
from gmtc.resources import Resource


class CustomerOrderResource(Resource):
    customer_number = Column(source="customer__number", heading=_("customer number"))
    customer_name = Column(source="customer__name", heading=_("customer"), width=30)
    country = Column(source="customer__country", heading=_("country"), width=8)
    responsible = Column(source="responsible__name")
    reason = Column(width=30)
    internal_notes = Column(width=40)

    class Meta:
        model = CustomerOrder
        filename = "orders"
        fields = (
            "number quote_number status customer_number customer_name country customer_reference quote_date "
            "valid_until order_date requested_date promised_date tax_case net tax_amount total responsible reason "
            "internal_notes".split()
        )
