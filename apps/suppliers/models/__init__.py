"""Purchasing: who supplies what at which price, what is ordered, what has come."""

from apps.suppliers.models.goods_receipt import GoodsReceipt, GoodsReceiptLine
from apps.suppliers.models.price_list_import import PriceListImport, PriceListRow
from apps.suppliers.models.purchase_order import PurchaseOrder
from apps.suppliers.models.purchase_order_line import PurchaseOrderLine
from apps.suppliers.models.receiving import OverDelivery, Received
from apps.suppliers.models.status import Status
from apps.suppliers.models.supplier import Currency, Incoterm, Supplier, SupplierContact
from apps.suppliers.models.supplier_part import Offer, PriceBreak, SupplierPart

__all__ = [
    "Currency",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "Incoterm",
    "Offer",
    "OverDelivery",
    "PriceBreak",
    "PriceListImport",
    "PriceListRow",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Received",
    "Status",
    "Supplier",
    "SupplierContact",
    "SupplierPart",
]
