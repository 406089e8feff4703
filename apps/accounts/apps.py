from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from gmtc.history import REASONS


def remember_language(request, user, **kwargs):
    """Mails and notifications are written while no browser asks."""
    language = translation.get_language_from_request(request)
    if user.preference("app", "language") != language:
        user.prefer("app", "language", language)


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    verbose_name = _("Users and roles")

    def ready(self):
        from apps.accounts import roles  # models are not loaded before ready()

        user_logged_in.connect(remember_language, dispatch_uid="accounts.language")
        post_migrate.connect(roles.sync_after_migrate, dispatch_uid="accounts.roles")
        REASONS.update(
            assign_role=_("changed the role"),
            activate=_("let sign in again"),
            deactivate=_("deactivated"),
            change_password=_("changed the password"),
            reset_second_factor=_("took the second factor away"),
        )
