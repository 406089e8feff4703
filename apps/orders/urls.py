"""Addresses under /orders/."""

from django.urls import path

from apps.orders import choices_views, verb_views, views

app_name = "orders"

urlpatterns = [
    path("", views.OrderList.as_view(), name="order_list"),
    path("new/", views.OrderCreate.as_view(), name="order_new"),
    path("bulk/", views.order_bulk, name="order_bulk"),
    path("trash/", views.OrderTrash.as_view(), name="order_trash"),
    path("line/", choices_views.line_values, name="line_values"),
    path("parts/choices/", choices_views.part_choices, name="part_choices"),
    path("for-customer/<uuid:pk>/", views.for_customer, name="for_customer"),
    path("for-customer/<uuid:pk>/defaults/", choices_views.customer_defaults, name="customer_defaults"),
    path("for-part/<uuid:pk>/", views.for_part, name="for_part"),
    path("lines/<uuid:pk>/reserve/", verb_views.LineReserve.as_view(), name="line_reserve"),
    path("lines/<uuid:pk>/unreserve/", verb_views.LineUnreserve.as_view(), name="line_unreserve"),
    path("<uuid:pk>/", views.OrderDetail.as_view(), name="order_detail"),
    path("<uuid:pk>/edit/", views.OrderUpdate.as_view(), name="order_edit"),
    path("<uuid:pk>/pdf/", views.order_pdf, name="order_pdf"),
    path("<uuid:pk>/quote/", verb_views.OrderQuote.as_view(), name="order_quote"),
    path("<uuid:pk>/withdraw/", verb_views.OrderWithdraw.as_view(), name="order_withdraw"),
    path("<uuid:pk>/decline/", verb_views.OrderDecline.as_view(), name="order_decline"),
    path("<uuid:pk>/confirm/", verb_views.OrderConfirm.as_view(), name="order_confirm"),
    path("<uuid:pk>/arrange/", verb_views.OrderArrange.as_view(), name="order_arrange"),
    path("<uuid:pk>/reserve/", verb_views.OrderReserve.as_view(), name="order_reserve"),
    path("<uuid:pk>/cancel/", verb_views.OrderCancel.as_view(), name="order_cancel"),
    path("<uuid:pk>/close/", verb_views.OrderCloseShort.as_view(), name="order_close_short"),
    path("<uuid:pk>/copy/", verb_views.order_copy, name="order_copy"),
    path("<uuid:pk>/mail/", verb_views.OrderMail.as_view(), name="order_mail"),
    path("<uuid:pk>/delete/", verb_views.OrderDiscard.as_view(), name="order_delete"),
    path("<uuid:pk>/restore/", verb_views.OrderRestore.as_view(), name="order_restore"),
]
