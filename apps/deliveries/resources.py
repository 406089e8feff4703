"""The columns of deliveries and returns in a file."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.deliveries.models import Delivery, DeliveryReturn
from gmtc.columns import Column
from gmtc.resources import Resource


class DeliveryResource(Resource):
    """Deliveries, only for export; one row a line."""

    order_number = Column(source="order__number", heading=pgettext_lazy("sale", "order"))
    customer_number = Column(source="order__customer__number", heading=_("customer number"))
    customer_name = Column(source="order__customer__name", heading=_("customer"), width=30)
    name = Column(width=30)
    country = Column(width=8)
    carrier = Column(source="carrier__name")
    sku = Column(source="lines__order_line__part__sku", heading=_("SKU"))
    description = Column(source="lines__order_line__description", heading=_("description"), width=36)
    quantity = Column(source="lines__quantity", heading=_("quantity"))
    returned = Column(source="lines__returned_quantity", heading=_("returned"))
    location = Column(source="lines__location__code", heading=_("storage location"))

    class Meta:
        model = Delivery
        filename = "deliveries"
        fields = (
            "number status order_number customer_number customer_name name street postcode city country ship_by "
            "shipped_on delivered_on carrier service tracking_number package_count weight sku description quantity "
            "returned location".split()
        )


class DeliveryReturnResource(Resource):
    """Returns, only for export; one row a line that came back."""

    delivery_number = Column(source="delivery__number", heading=_("delivery"))
    order_number = Column(source="delivery__order__number", heading=pgettext_lazy("sale", "order"))
    customer_name = Column(source="delivery__order__customer__name", heading=_("customer"), width=30)
    sku = Column(source="lines__line__order_line__part__sku", heading=_("SKU"))
    quantity = Column(source="lines__quantity", heading=_("quantity"))
    condition = Column(source="lines__condition", heading=_("condition"))
    reason = Column(source="lines__reason", heading=_("reason"), width=36)
    location = Column(source="lines__location__code", heading=_("storage location"))
    note = Column(width=40)

    class Meta:
        model = DeliveryReturn
        filename = "returns"
        fields = (
            "number returned_on delivery_number order_number customer_name sku quantity condition reason location "
            "note".split()
        )
