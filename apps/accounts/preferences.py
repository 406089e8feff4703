"""Which choices a page may remember for a user, and within which limits.

They are kept in `User.preferences`: {"parts": {"columns": [...]}, "app": {"theme": "dark"}, "views": {...}}.
"""

import re

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from gmtc.errors import Refused

VIEWS = "views"  # the key of saved views, so no page may be called so
MAX_PAGES = 200
MAX_VIEWS = 50
MAX_NAME = 60
MAX_QUERY = 2_000
PAGE = re.compile(r"[a-z][a-z0-9_.:-]{0,59}")

THEMES = ("light", "dark", "auto")
DENSITIES = ("normal", "compact")
SIDEBARS = ("wide", "narrow")
PER_PAGE = range(10, 501)


def _is_list_of_names(value) -> bool:
    return isinstance(value, list) and len(value) <= 100 and all(isinstance(x, str) and len(x) <= 60 for x in value)


KNOWN = {
    "columns": _is_list_of_names,  # the hidden ones: a new column is seen by everybody
    "per_page": lambda value: type(value) is int and value in PER_PAGE,
    "theme": lambda value: value in THEMES,
    "sidebar": lambda value: value in SIDEBARS,
    "density": lambda value: value in DENSITIES,
    "language": lambda value: value in dict(settings.LANGUAGES),  # what the browser asked for at the last sign-in
}


def _check_page(page: str):
    if page == VIEWS or not PAGE.fullmatch(page):
        raise Refused(_("There is no such page."))


def check(page: str, key: str, value):
    """Raises Refused where `key` is unknown or `value` is not one of its values."""
    _check_page(page)
    if key not in KNOWN or not KNOWN[key](value):
        raise Refused(_("This cannot be remembered."))


def check_view(page: str, name: str, query: str) -> tuple[str, str]:
    """The name and query string of a saved view, tidied. Raises Refused where they are empty or too long."""
    _check_page(page)
    name, query = " ".join(name.split()), query.strip().lstrip("?")
    if not name:
        raise Refused(_("The view needs a name."), field="name")
    if len(name) > MAX_NAME:
        raise Refused(_("The name is too long: at most %(limit)s characters.") % {"limit": MAX_NAME}, field="name")
    if len(query) > MAX_QUERY:
        raise Refused(_("This view has too many filters to be saved."), field="query")
    return name, query
