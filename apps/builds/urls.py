"""Addresses under /builds/."""

from django.urls import path

from apps.builds import import_views, views

app_name = "builds"

urlpatterns = [
    path("", views.BuildList.as_view(), name="build_list"),
    path("new/", views.BuildCreate.as_view(), name="build_new"),
    path("trash/", views.BuildTrash.as_view(), name="build_trash"),
    path("choices/", views.build_choices, name="build_choices"),
    path("for-part/<uuid:pk>/", views.WhereUsed.as_view(), name="for_part"),
    path("<uuid:pk>/", views.BuildDetail.as_view(), name="build_detail"),
    path("<uuid:pk>/edit/", views.BuildUpdate.as_view(), name="build_edit"),
    path("<uuid:pk>/draft/", views.BuildDraft.as_view(), name="build_draft"),
    path("<uuid:pk>/delete/", views.BuildDiscard.as_view(), name="build_delete"),
    path("<uuid:pk>/restore/", views.BuildRestore.as_view(), name="build_restore"),
    path("revisions/<uuid:pk>/", views.RevisionDetail.as_view(), name="revision_detail"),
    path("revisions/<uuid:pk>/edit/", views.revision_edit, name="revision_edit"),
    path("revisions/<uuid:pk>/paste/", views.revision_paste, name="revision_paste"),
    path("revisions/<uuid:pk>/release/", views.RevisionRelease.as_view(), name="revision_release"),
    path("revisions/<uuid:pk>/make-current/", views.RevisionMakeCurrent.as_view(), name="revision_make_current"),
    path("revisions/<uuid:pk>/retire/", views.RevisionRetire.as_view(), name="revision_retire"),
    path("revisions/<uuid:pk>/delete/", views.RevisionDiscard.as_view(), name="revision_delete"),
    path("revisions/<uuid:pk>/restore/", views.RevisionRestore.as_view(), name="revision_restore"),
    path("revisions/<uuid:pk>/compare/", views.revision_compare, name="revision_compare"),
    path("revisions/<uuid:pk>/bill.pdf", views.revision_pdf, name="revision_pdf"),
    path("revisions/<uuid:pk>/bill.<str:format>", views.revision_export, name="revision_export"),
    path("import/", import_views.import_list, name="import_list"),
    path("import/<uuid:pk>/", import_views.import_detail, name="import_detail"),
    path("import/<uuid:pk>/check/", import_views.import_check, name="import_check"),
    path("import/<uuid:pk>/target/", import_views.import_target, name="import_target"),
    path("import/<uuid:pk>/accept/", import_views.import_accept, name="import_accept"),
    path("import/<uuid:pk>/discard/", import_views.import_discard, name="import_discard"),
    path("import/rows/<int:pk>/", import_views.RowCorrect.as_view(), name="import_row"),
]
