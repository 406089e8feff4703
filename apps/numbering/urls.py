from django.urls import path

from apps.numbering import views

app_name = "numbering"

urlpatterns = [
    path("", views.SeriesList.as_view(), name="series"),
    path("<slug:pk>/", views.SeriesEdit.as_view(), name="series_edit"),
]
