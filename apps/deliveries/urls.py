"""Addresses under /deliveries/."""

from django.urls import path

from apps.deliveries import return_views, verb_views, views

app_name = "deliveries"

urlpatterns = [
    path("", views.DeliveryList.as_view(), name="delivery_list"),
    path("ready/", views.ReadyList.as_view(), name="ready"),
    path("new/", views.DeliveryCreate.as_view(), name="delivery_new"),
    path("trash/", views.DeliveryTrash.as_view(), name="delivery_trash"),
    path("for-order/<uuid:pk>/", views.for_order, name="for_order"),
    path("for-customer/<uuid:pk>/", views.for_customer, name="for_customer"),
    path("returns/", return_views.ReturnList.as_view(), name="return_list"),
    path("returns/<uuid:pk>/", return_views.ReturnDetail.as_view(), name="return_detail"),
    path("returns/<uuid:pk>/pdf/", return_views.return_pdf, name="return_pdf"),
    path("carriers/", return_views.carrier_list, name="carrier_list"),
    path("carriers/new/", return_views.CarrierCreate.as_view(), name="carrier_new"),
    path("carriers/<uuid:pk>/edit/", return_views.CarrierUpdate.as_view(), name="carrier_edit"),
    path("carriers/<uuid:pk>/delete/", return_views.CarrierDiscard.as_view(), name="carrier_delete"),
    path("carriers/<uuid:pk>/restore/", return_views.CarrierRestore.as_view(), name="carrier_restore"),
    path("<uuid:pk>/", views.DeliveryDetail.as_view(), name="delivery_detail"),
    path("<uuid:pk>/edit/", views.DeliveryUpdate.as_view(), name="delivery_edit"),
    path("<uuid:pk>/pdf/", views.delivery_pdf, name="delivery_pdf"),
    path("<uuid:pk>/labels/", views.delivery_labels, name="delivery_labels"),
    path("<uuid:pk>/packing-list/", views.packing_list, name="packing_list"),
    path("<uuid:pk>/ship/", verb_views.DeliveryShip.as_view(), name="delivery_ship"),
    path("<uuid:pk>/track/", verb_views.DeliveryTrack.as_view(), name="delivery_track"),
    path("<uuid:pk>/deliver/", verb_views.DeliveryDeliver.as_view(), name="delivery_deliver"),
    path("<uuid:pk>/cancel/", verb_views.DeliveryCancel.as_view(), name="delivery_cancel"),
    path("<uuid:pk>/return/", verb_views.delivery_return, name="delivery_return"),
    path("<uuid:pk>/mail/", verb_views.DeliveryMail.as_view(), name="delivery_mail"),
    path("<uuid:pk>/delete/", verb_views.DeliveryDiscard.as_view(), name="delivery_delete"),
    path("<uuid:pk>/restore/", verb_views.DeliveryRestore.as_view(), name="delivery_restore"),
]
