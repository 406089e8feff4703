from django.apps import AppConfig


class GmtcConfig(AppConfig):
    name = "gmtc"
    verbose_name = "GM-TC"
