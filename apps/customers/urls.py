"""Addresses under /customers/."""

from django.urls import include, path

from apps.customers import timeline_views, views
from apps.customers.models import CustomerImport
from gmtc.import_views import import_pages

app_name = "customers"

IMPORT = {
    "model": CustomerImport,
    "permission": "customers.import_customer",
    "list_page": "customers:customer_list",
    "template_name": "customers/import_list.html",
}

urlpatterns = [
    path("", views.CustomerList.as_view(), name="customer_list"),
    path("new/", views.CustomerCreate.as_view(), name="customer_new"),
    path("bulk/", views.customer_bulk, name="customer_bulk"),
    path("hints/", views.customer_hints, name="customer_hints"),
    path("trash/", views.CustomerTrash.as_view(), name="customer_trash"),
    path("choices/", views.customer_choices, name="customer_choices"),
    path("follow-ups/", timeline_views.FollowUpList.as_view(), name="follow_up_list"),
    path("<uuid:pk>/", views.CustomerDetail.as_view(), name="customer_detail"),
    path("<uuid:pk>/edit/", views.CustomerUpdate.as_view(), name="customer_edit"),
    path("<uuid:pk>/block/", views.CustomerBlock.as_view(), name="customer_block"),
    path("<uuid:pk>/unblock/", views.CustomerUnblock.as_view(), name="customer_unblock"),
    path("<uuid:pk>/vat-check/", views.CustomerVatCheck.as_view(), name="customer_vat_check"),
    path("<uuid:pk>/delete/", views.CustomerDiscard.as_view(), name="customer_delete"),
    path("<uuid:pk>/restore/", views.CustomerRestore.as_view(), name="customer_restore"),
    path("<uuid:pk>/timeline/", timeline_views.customer_timeline, name="customer_timeline"),
    path("<uuid:pk>/note/", timeline_views.customer_note, name="customer_note"),
    path("<uuid:pk>/addresses/new/", views.AddressNew.as_view(), name="address_new"),
    path("<uuid:pk>/addresses/choices/", views.address_choices, name="address_choices"),
    path("<uuid:pk>/contacts/new/", views.ContactNew.as_view(), name="contact_new"),
    path("addresses/<uuid:pk>/edit/", views.AddressEdit.as_view(), name="address_edit"),
    path("addresses/<uuid:pk>/default/", views.AddressDefault.as_view(), name="address_default"),
    path("addresses/<uuid:pk>/delete/", views.AddressDiscard.as_view(), name="address_delete"),
    path("addresses/<uuid:pk>/restore/", views.AddressRestore.as_view(), name="address_restore"),
    path("contacts/<uuid:pk>/edit/", views.ContactEdit.as_view(), name="contact_edit"),
    path("contacts/<uuid:pk>/primary/", views.ContactPrimary.as_view(), name="contact_primary"),
    path("contacts/<uuid:pk>/delete/", views.ContactDiscard.as_view(), name="contact_delete"),
    path("contacts/<uuid:pk>/restore/", views.ContactRestore.as_view(), name="contact_restore"),
    path("interactions/<uuid:pk>/edit/", timeline_views.InteractionEdit.as_view(), name="interaction_edit"),
    path("interactions/<uuid:pk>/finish/", timeline_views.interaction_finish, name="interaction_finish"),
    path("interactions/<uuid:pk>/reopen/", timeline_views.interaction_reopen, name="interaction_reopen"),
    path("interactions/<uuid:pk>/delete/", timeline_views.interaction_delete, name="interaction_delete"),
    path("import/", include(import_pages(**IMPORT))),
]
