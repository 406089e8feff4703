"""What the form of a purchase order asks while it is filled in."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.parts.models import Part
from apps.suppliers.models import Supplier, SupplierPart
from apps.suppliers.order_forms import defaults_of, line_values
from gmtc.forms import QuantityField
from gmtc.lines import plain
from gmtc.views import permission_required


@permission_required("suppliers.view_supplier")
def supplier_defaults(request, pk):
    """What the form of a new order takes over when a supplier is chosen."""
    supplier = get_object_or_404(Supplier, pk=pk)
    values = defaults_of(supplier)
    values["exchange_rate"] = plain(supplier.exchange_rate)
    return JsonResponse({"values": values})


@permission_required("suppliers.view_supplierpart")
def line_offer(request):
    """What a line takes over when a part is chosen: `?part=&quantity=&supplier=&currency=`."""
    try:
        part = Part.objects.filter(pk=request.GET.get("part") or None).first()
        supplier = Supplier.objects.filter(pk=request.GET.get("supplier") or None).first()
    except ValidationError:
        part = supplier = None
    if not part:
        return JsonResponse({"values": {}, "hint": ""})
    offer = SupplierPart.objects.filter(part=part, supplier=supplier).with_breaks().first() if supplier else None
    if not offer:
        hint = _("%(supplier)s has no offer for this part.") % {"supplier": supplier} if supplier else ""
        return JsonResponse({"values": {"supplier_sku": "", "description": part.name, "unit_price": ""}, "hint": hint})
    quantity = QuantityField(required=False)
    try:
        wanted = quantity.clean(request.GET.get("quantity", "")) or offer.moq
    except ValidationError:
        wanted = offer.moq
    values = line_values(offer, wanted)
    is_same = request.GET.get("currency", offer.supplier.currency) in ("", offer.supplier.currency)
    values["unit_price"] = plain(values["unit_price"]) if is_same else ""
    if not request.GET.get("quantity"):
        values["quantity"] = plain(offer.order_quantity(wanted))
    return JsonResponse({"values": values, "hint": hint_of(offer, wanted)})


def hint_of(offer: SupplierPart, wanted: Decimal) -> str:
    unit, said = offer.part.get_unit_display(), []
    if offer.moq > 1:
        said.append(_("at least %(quantity)s %(unit)s") % {"quantity": plain(offer.moq), "unit": unit})
    if offer.pack_size != 1:
        said.append(_("packages of %(quantity)s") % {"quantity": plain(offer.pack_size)})
    if (better := offer.order_quantity(wanted)) != wanted:
        said.append(_("so order %(quantity)s") % {"quantity": plain(better)})
    said.append(_("%(days)s days") % {"days": offer.lead_time})
    said.append(_("%(quantity)s in stock") % {"quantity": plain(offer.part.current_stock)})
    return " · ".join(said)
