"""Addresses under /accounts/; what is not here is allauth's."""

from django.urls import path
from django.views.generic import RedirectView

from apps.accounts import views

app_name = "accounts"

# An address belongs to the admin's users page and nobody signs up, so these pages of allauth have no use here.
to_profile = RedirectView.as_view(pattern_name="accounts:profile")

urlpatterns = [
    path("", to_profile),
    path("email/", to_profile),
    path("confirm-email/", to_profile),
    path("profile/", views.profile, name="profile"),
    path("prefer/", views.prefer, name="prefer"),
    path("views/save/", views.views_save, name="views_save"),
    path("views/delete/", views.views_delete, name="views_delete"),
    path("users/", views.UserList.as_view(), name="user_list"),
    path("users/invite/", views.user_invite, name="user_invite"),
    path("users/<uuid:pk>/", views.user_detail, name="user"),
    path("users/<uuid:pk>/edit/", views.user_edit, name="user_edit"),
    path("users/<uuid:pk>/role/", views.user_role, name="user_role"),
    path("users/<uuid:pk>/deactivate/", views.UserDeactivate.as_view(), name="user_deactivate"),
    path("users/<uuid:pk>/activate/", views.user_activate, name="user_activate"),
    path("users/<uuid:pk>/end-sessions/", views.user_end_sessions, name="user_end_sessions"),
    path("users/<uuid:pk>/reset-second-factor/", views.user_reset_second_factor, name="user_reset_second_factor"),
    path("users/<uuid:pk>/send-link/", views.user_send_link, name="user_send_link"),
]
