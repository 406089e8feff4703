from functools import lru_cache

from django.apps import AppConfig
from django.db.models import TextField
from heroicons.templatetags import heroicons

from gmtc.searching import Holds, Says


class GmtcConfig(AppConfig):
    name = "gmtc"
    verbose_name = "GM-TC"

    def ready(self):
        TextField.register_lookup(Says)
        TextField.register_lookup(Holds)
        # A page has some forty icons, and each was copied as XML and written anew: two milliseconds a page.
        draw = heroicons._render_icon

        @lru_cache(maxsize=1024)
        def drawn(style, name, size, attrs):
            return draw(style, name, size, dict(attrs))

        heroicons._render_icon = lambda style, name, size, attrs: drawn(
            str(style), str(name), size, tuple(sorted((key, str(value)) for key, value in attrs.items()))
        )
