"""Addresses under /invoices/ and /payments/."""

from django.urls import path

from apps.invoicing import draft_views, panel_views, verb_views, views

app_name = "invoicing"

urlpatterns = [
    path("invoices/", views.InvoiceList.as_view(), name="invoice_list"),
    path("invoices/new/", draft_views.invoice_new, name="invoice_new"),
    path("invoices/free/", draft_views.InvoiceCreate.as_view(), name="invoice_free"),
    path("invoices/to-invoice/", draft_views.ToInvoiceList.as_view(), name="to_invoice"),
    path("invoices/to-invoice/drafts/", draft_views.to_invoice_bulk, name="to_invoice_bulk"),
    path("invoices/trash/", views.InvoiceTrash.as_view(), name="invoice_trash"),
    path("invoices/for-order/<uuid:pk>/", panel_views.for_order, name="for_order"),
    path("invoices/for-customer/<uuid:pk>/", panel_views.for_customer, name="for_customer"),
    path("invoices/<uuid:pk>/", views.InvoiceDetail.as_view(), name="invoice_detail"),
    path("invoices/<uuid:pk>/edit/", draft_views.InvoiceUpdate.as_view(), name="invoice_edit"),
    path("invoices/<uuid:pk>/pdf/", views.invoice_pdf, name="invoice_pdf"),
    path("invoices/<uuid:pk>/issue/", verb_views.InvoiceIssue.as_view(), name="invoice_issue"),
    path("invoices/<uuid:pk>/mail/", verb_views.InvoiceMail.as_view(), name="invoice_mail"),
    path("invoices/<uuid:pk>/cancel/", verb_views.InvoiceCancel.as_view(), name="invoice_cancel"),
    path("invoices/<uuid:pk>/payment/", verb_views.InvoicePayment.as_view(), name="invoice_payment"),
    path("invoices/<uuid:pk>/write-off/", verb_views.InvoiceWriteOff.as_view(), name="invoice_write_off"),
    path("invoices/<uuid:pk>/refund/", verb_views.InvoiceRefund.as_view(), name="invoice_refund"),
    path("invoices/<uuid:pk>/copy/", draft_views.invoice_copy, name="invoice_copy"),
    path("invoices/<uuid:pk>/delete/", verb_views.InvoiceDiscard.as_view(), name="invoice_delete"),
    path("invoices/<uuid:pk>/restore/", verb_views.InvoiceRestore.as_view(), name="invoice_restore"),
    path("payments/", views.PaymentList.as_view(), name="payment_list"),
    path("payments/<uuid:pk>/reverse/", verb_views.PaymentReverse.as_view(), name="payment_reverse"),
]
