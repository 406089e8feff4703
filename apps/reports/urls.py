"""The start page and, later, the reports."""

from django.urls import path

from apps.reports import views

urlpatterns = [path("", views.dashboard, name="home")]
