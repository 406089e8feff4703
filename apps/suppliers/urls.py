"""Addresses under /suppliers/, /purchase-orders/ and /goods-receipts/."""

from django.urls import include, path

from apps.suppliers import choices_views, order_views, receipt_views, views
from apps.suppliers.import_views import PriceListForm, PriceListUpload
from apps.suppliers.models import PriceListImport
from gmtc.import_views import import_pages

app_name = "suppliers"

IMPORT = {
    "model": PriceListImport,
    "upload": PriceListUpload,
    "upload_form": PriceListForm,
    "permission": "suppliers.import_supplierpart",
    "list_page": "suppliers:supplier_part_list",
    "template_name": "suppliers/import_list.html",
}

urlpatterns = [
    path("suppliers/", views.SupplierList.as_view(), name="supplier_list"),
    path("suppliers/new/", views.SupplierCreate.as_view(), name="supplier_new"),
    path("suppliers/trash/", views.SupplierTrash.as_view(), name="supplier_trash"),
    path("suppliers/choices/", views.supplier_choices, name="supplier_choices"),
    path("suppliers/<uuid:pk>/", views.SupplierDetail.as_view(), name="supplier_detail"),
    path("suppliers/<uuid:pk>/edit/", views.SupplierUpdate.as_view(), name="supplier_edit"),
    path("suppliers/<uuid:pk>/delete/", views.SupplierDiscard.as_view(), name="supplier_delete"),
    path("suppliers/<uuid:pk>/restore/", views.SupplierRestore.as_view(), name="supplier_restore"),
    path("suppliers/<uuid:pk>/defaults/", choices_views.supplier_defaults, name="supplier_defaults"),
    path("suppliers/contacts/new/", views.ContactCreate.as_view(), name="contact_new"),
    path("suppliers/contacts/<uuid:pk>/edit/", views.ContactUpdate.as_view(), name="contact_edit"),
    path("suppliers/contacts/<uuid:pk>/delete/", views.ContactDiscard.as_view(), name="contact_delete"),
    path("suppliers/contacts/<uuid:pk>/restore/", views.ContactRestore.as_view(), name="contact_restore"),
    path("suppliers/parts/", views.SupplierPartList.as_view(), name="supplier_part_list"),
    path("suppliers/parts/new/", views.SupplierPartCreate.as_view(), name="supplier_part_new"),
    path("suppliers/parts/<uuid:pk>/", views.SupplierPartDetail.as_view(), name="supplier_part_detail"),
    path("suppliers/parts/<uuid:pk>/edit/", views.SupplierPartUpdate.as_view(), name="supplier_part_edit"),
    path("suppliers/parts/<uuid:pk>/prefer/", views.SupplierPartPrefer.as_view(), name="supplier_part_prefer"),
    path("suppliers/parts/<uuid:pk>/delete/", views.SupplierPartDiscard.as_view(), name="supplier_part_delete"),
    path("suppliers/parts/<uuid:pk>/restore/", views.SupplierPartRestore.as_view(), name="supplier_part_restore"),
    path("suppliers/for-part/<uuid:pk>/", views.for_part, name="for_part"),
    path("suppliers/price-lists/", include(import_pages(**IMPORT))),
    path("purchase-orders/", order_views.PurchaseOrderList.as_view(), name="purchase_order_list"),
    path("purchase-orders/new/", order_views.PurchaseOrderCreate.as_view(), name="purchase_order_new"),
    path("purchase-orders/trash/", order_views.PurchaseOrderTrash.as_view(), name="purchase_order_trash"),
    path("purchase-orders/line/", choices_views.line_offer, name="line_offer"),
    path("purchase-orders/<uuid:pk>/", order_views.PurchaseOrderDetail.as_view(), name="purchase_order_detail"),
    path("purchase-orders/<uuid:pk>/edit/", order_views.PurchaseOrderUpdate.as_view(), name="purchase_order_edit"),
    path("purchase-orders/<uuid:pk>/pdf/", order_views.purchase_order_pdf, name="purchase_order_pdf"),
    path("purchase-orders/<uuid:pk>/send/", order_views.PurchaseOrderSend.as_view(), name="purchase_order_send"),
    path("purchase-orders/<uuid:pk>/mail/", order_views.PurchaseOrderMail.as_view(), name="purchase_order_mail"),
    path(
        "purchase-orders/<uuid:pk>/acknowledge/",
        order_views.PurchaseOrderAcknowledge.as_view(),
        name="purchase_order_acknowledge",
    ),
    path("purchase-orders/<uuid:pk>/receive/", receipt_views.purchase_order_receive, name="purchase_order_receive"),
    path("purchase-orders/<uuid:pk>/cancel/", order_views.PurchaseOrderCancel.as_view(), name="purchase_order_cancel"),
    path(
        "purchase-orders/<uuid:pk>/close/",
        order_views.PurchaseOrderCloseShort.as_view(),
        name="purchase_order_close_short",
    ),
    path("purchase-orders/<uuid:pk>/reopen/", order_views.PurchaseOrderReopen.as_view(), name="purchase_order_reopen"),
    path("purchase-orders/<uuid:pk>/copy/", order_views.purchase_order_copy, name="purchase_order_copy"),
    path("purchase-orders/<uuid:pk>/delete/", order_views.PurchaseOrderDiscard.as_view(), name="purchase_order_delete"),
    path(
        "purchase-orders/<uuid:pk>/restore/",
        order_views.PurchaseOrderRestore.as_view(),
        name="purchase_order_restore",
    ),
    path("goods-receipts/", receipt_views.GoodsReceiptList.as_view(), name="goods_receipt_list"),
    path("goods-receipts/<uuid:pk>/", receipt_views.GoodsReceiptDetail.as_view(), name="goods_receipt_detail"),
    path(
        "goods-receipts/<uuid:pk>/reverse/",
        receipt_views.GoodsReceiptReverse.as_view(),
        name="goods_receipt_reverse",
    ),
]
