"""Addresses under /parts/."""

from django.urls import include, path

from apps.parts import tree_views, views
from apps.parts.import_views import PartImportOptions, PartUploadForm
from apps.parts.models import PartImport
from gmtc.import_views import import_pages

app_name = "parts"

IMPORT = {
    "model": PartImport,
    "permission": "parts.import_part",
    "list_page": "parts:part_list",
    "template_name": "parts/import_list.html",
    "detail_template": "parts/import_detail.html",
    "upload_form": PartUploadForm,
    "options_form": PartImportOptions,
}

urlpatterns = [
    path("", views.PartList.as_view(), name="part_list"),
    path("new/", views.PartCreate.as_view(), name="part_new"),
    path("bulk/", views.part_bulk, name="part_bulk"),
    path("trash/", views.PartTrash.as_view(), name="part_trash"),
    path("choices/", tree_views.part_choices, name="part_choices"),
    path("<uuid:pk>/", views.PartDetail.as_view(), name="part_detail"),
    path("<uuid:pk>/image/", views.part_image, name="part_image"),
    path("<uuid:pk>/edit/", views.PartUpdate.as_view(), name="part_edit"),
    path("<uuid:pk>/receive/", views.PartReceive.as_view(), name="part_receive"),
    path("<uuid:pk>/issue/", views.PartIssue.as_view(), name="part_issue"),
    path("<uuid:pk>/adjust/", views.PartAdjust.as_view(), name="part_adjust"),
    path("<uuid:pk>/transfer/", views.PartTransfer.as_view(), name="part_transfer"),
    path("<uuid:pk>/reserve/", views.PartReserve.as_view(), name="part_reserve"),
    path("<uuid:pk>/delete/", views.PartDiscard.as_view(), name="part_delete"),
    path("<uuid:pk>/restore/", views.PartRestore.as_view(), name="part_restore"),
    path("reservations/<uuid:pk>/release/", views.ReservationRelease.as_view(), name="reservation_release"),
    path("movements/", views.MovementList.as_view(), name="movement_list"),
    path("import/", include(import_pages(**IMPORT))),
    path("categories/", tree_views.category_list, name="category_list"),
    path("categories/tree/", tree_views.category_tree, name="category_tree"),
    path("categories/choices/", tree_views.category_choices, name="category_choices"),
    path("categories/new/", tree_views.CategoryCreate.as_view(), name="category_new"),
    path("categories/<uuid:pk>/edit/", tree_views.CategoryUpdate.as_view(), name="category_edit"),
    path("categories/<uuid:pk>/delete/", tree_views.CategoryDiscard.as_view(), name="category_delete"),
    path("categories/<uuid:pk>/restore/", tree_views.CategoryRestore.as_view(), name="category_restore"),
    path("locations/", tree_views.location_list, name="location_list"),
    path("locations/choices/", tree_views.location_choices, name="location_choices"),
    path("locations/new/", tree_views.LocationCreate.as_view(), name="location_new"),
    path("locations/<uuid:pk>/", tree_views.LocationDetail.as_view(), name="location_detail"),
    path("locations/<uuid:pk>/edit/", tree_views.LocationUpdate.as_view(), name="location_edit"),
    path("locations/<uuid:pk>/delete/", tree_views.LocationDiscard.as_view(), name="location_delete"),
    path("locations/<uuid:pk>/restore/", tree_views.LocationRestore.as_view(), name="location_restore"),
]
