from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    verbose_name = _("Users and roles")

    def ready(self):
        from apps.accounts import roles  # models are not loaded before ready()

        post_migrate.connect(roles.sync_after_migrate, dispatch_uid="accounts.roles")
