"""The start page and the reports."""

from django.urls import include, path

from apps.reports import views

reports = [
    path("", views.overview, name="overview"),
    path("shortages/", views.shortages, name="shortages"),
    path("sales/", views.sales_report, name="sales"),
    path("stock-value/", views.stock_value_report, name="stock_value"),
    path("open-items/", views.open_items_report, name="open_items"),
]

urlpatterns = [
    path("", views.dashboard, name="home"),
    path("reports/", include((reports, "reports"))),
]
