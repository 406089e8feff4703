from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NumberingConfig(AppConfig):
    name = "apps.numbering"
    verbose_name = _("Numbering")

    def ready(self):
        from apps.numbering import models  # models are not loaded before ready()

        post_migrate.connect(models.fill_after_migrate, sender=self, dispatch_uid="numbering.series")
