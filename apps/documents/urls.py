from django.urls import path

from apps.documents import views

app_name = "documents"

urlpatterns = [
    path("attachments/<uuid:pk>/", views.attachment, name="attachment"),
    path("attachments/<uuid:pk>/thumbnail/", views.attachment_thumbnail, name="attachment_thumbnail"),
    path("attachments/<uuid:pk>/delete/", views.attachment_delete, name="attachment_delete"),
    path("attachments/<uuid:pk>/restore/", views.attachment_restore, name="attachment_restore"),
    path("attachments/<str:label>/<uuid:pk>/", views.attachments, name="attachments"),
    path("issued/<str:label>/<uuid:pk>/", views.issued, name="issued"),
    path("<uuid:pk>/", views.document, name="document"),
    path("<uuid:pk>/xml/", views.document_xml, name="document_xml"),
]
