from django.urls import path

from apps.company import views

app_name = "company"

urlpatterns = [
    path("settings/", views.Legal.as_view(), name="settings"),
    path("settings/bank/", views.Bank.as_view(), name="bank"),
    path("settings/texts/", views.Texts.as_view(), name="texts"),
    path("settings/texts/<slug:kind>/<slug:language>/", views.Text.as_view(), name="text"),
    path("settings/brand/", views.BrandPage.as_view(), name="brand"),
    path("settings/brand/contrast/", views.Contrast.as_view(), name="contrast"),
    path("settings/brand/<slug:field>/", views.Picture.as_view(), name="picture"),
    path("brand.css", views.brand_css, name="brand_css"),
    path("brand/logo", views.brand_logo, name="brand_logo"),
    path("brand/mark", views.brand_mark, name="brand_mark"),
]
