"""All addresses of the house; each room lists its own."""

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, re_path

from gmtc import apidocs, envelope
from gmtc.choices import country_choices
from gmtc.go import go

urlpatterns = [
    path("", include("apps.reports.urls")),
    path("search/", include("apps.search.urls")),
    path("help/", include("gmtc.help")),
    path("go/<str:kind>/<uuid:pk>/", go, name="go"),
    path("countries/choices/", country_choices, name="country_choices"),
    path("parts/", include("apps.parts.urls")),
    path("", include("apps.suppliers.urls")),
    path("customers/", include("apps.customers.urls")),
    path("orders/", include("apps.orders.urls")),
    path("", include("apps.builds.urls")),
    path("deliveries/", include("apps.deliveries.urls")),
    path("", include("apps.invoicing.urls")),
    path("accounts/", include("apps.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("apps.company.urls")),
    path("settings/numbers/", include("apps.numbering.urls")),
    path("documents/", include("apps.documents.urls")),
    path("notifications/", include("apps.notifications.urls")),
    path("api/", include("apps.accounts.api")),
    path("api/", include("apps.parts.api")),
    path("api/", include("apps.suppliers.api")),
    path("api/", include("apps.builds.api")),
    path("api/", include("apps.customers.api")),
    path("api/", include("apps.orders.api")),
    path("api/", include("apps.deliveries.api")),
    path("api/", include("apps.invoicing.api")),
    path("api/schema", apidocs.SchemaView.as_view(), name="api_schema"),
    path("api/docs", apidocs.docs, name="api_docs"),
    re_path("^api/", envelope.not_found),
    path("admin/", admin.site.urls),
    # Where a browser shows a file of ours by itself, such as a PDF, it asks for the icon here.
    path("favicon.ico", lambda request: redirect(static("brand/favicon.svg")), name="favicon"),
]

handler500 = "gmtc.envelope.server_error"
