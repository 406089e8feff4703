from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CompanyConfig(AppConfig):
    name = "apps.company"
    verbose_name = _("Company")

    def ready(self):
        from apps.company import sample  # models are not loaded before ready()

        # After each migrate, so that a new database and a test's emptied one have their company.
        post_migrate.connect(sample.fill_after_migrate, sender=self, dispatch_uid="company.sample")
