from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    name = "apps.invoicing"
    verbose_name = _("Billing")

    def ready(self):
        from apps.invoicing.owing import owed_beside_open_orders  # models are not loaded before ready()
        from apps.orders.doubts import OWED_BESIDE

        OWED_BESIDE.append(owed_beside_open_orders)
