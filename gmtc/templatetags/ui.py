"""Template tags and filters of every page."""

from functools import lru_cache
from urllib.parse import urlencode
from uuid import uuid4

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from gmtc import figures, navigation
from gmtc.countries import name_of
from gmtc.help import topic_of
from gmtc.history import entries
from gmtc.lines import plain

register = template.Library()


# --- Figures

register.filter("money", figures.money)
register.filter("unit_price", figures.unit_price)
register.filter("quantity", figures.quantity)
register.filter("signed", figures.signed)
register.filter("plain", plain)


# --- Lists


@register.simple_tag
def body(table, records, ticks: bool = False):
    """The rows of a list, as its table's columns write them; with `ticks` each can be chosen."""
    return table.body(records, ticks=ticks)


@register.simple_tag(takes_context=True)
def query(context, **changes) -> str:
    """The page's query string with `changes`; None takes a name away. Django's `querystring` parses and writes all of
    it anew each time, and a list has two dozen such links."""
    request = context["request"]
    if not hasattr(request, "written_query"):  # it stays the same for the whole page
        pairs = request.GET.lists()
        request.written_query = {name: urlencode({name: values}, doseq=True) for name, values in pairs}
    pieces = [text for name, text in request.written_query.items() if name not in changes]
    pieces += [urlencode({name: value}) for name, value in changes.items() if value is not None]
    return "?" + "&".join(pieces)


@register.filter
def country(code: str) -> str:
    """The country's name in the language of the page."""
    return name_of(code)


# --- Links and forms


@register.simple_tag
def form_key():
    """One submitted form is one effect: the key that tells a second click from a second form."""
    return format_html('<input type="hidden" name="form_key" value="{}">', uuid4().hex)


@register.simple_tag
def reference(row) -> str:
    """The number of what a movement or reservation is for, linked to its page; nothing where an office hand did it."""
    if not row.reference_type:
        return ""
    return format_html(
        '<a href="{}">{}</a>', reverse("go", args=[row.reference_type, row.reference_id]), row.reference_number
    )


@register.filter
def attributes(attrs) -> str:
    """The attributes of an input as Django's widgets write them: True is the name alone, False is left out."""
    return mark_safe(  # noqa: S308 - every value is escaped
        "".join(
            f" {name}" if value is True else f' {name}="{conditional_escape(str(value))}"'
            for name, value in attrs.items()
            if value is not False
        )
    )


@register.filter
def get(mapping, key):
    return mapping.get(key)


# --- The shell


@register.simple_tag(takes_context=True)
def main_menu(context) -> str:
    """The lines of the sidebar."""
    path, user = context["request"].path, context["request"].user
    current = path if path == "/" else navigation.current(path)
    return _main_menu(frozenset(user.get_all_permissions()), user.is_staff, current, get_language())


@register.simple_tag(takes_context=True)
def create_menu(context) -> str:
    return _create_menu(frozenset(context["request"].user.get_all_permissions()), get_language())


# Both are drawn once for all who may do the same: whatever else is shown in them must be an argument too.


@lru_cache(maxsize=1_000)
def _main_menu(held: frozenset[str], is_staff: bool, current: str, language: str) -> str:
    lines = {"sections": navigation.sections_for(held), "house": navigation.entries_for(held, navigation.HOUSE)}
    return render_to_string("ui/main_menu.html", lines | {"is_staff": is_staff, "current": current})


@lru_cache(maxsize=100)
def _create_menu(held: frozenset[str], language: str) -> str:
    return render_to_string("ui/create_menu.html", {"entries": navigation.entries_for(held, navigation.CREATE)})


@register.simple_tag(takes_context=True)
def help_address(context) -> str:
    """Where the manual explains the page that is shown."""
    return topic_of(context["request"].path).url


@register.filter
def may(user, permission: str) -> bool:
    """`{% if user|may:"parts.add_part" %}`"""
    return user.has_perm(permission)


@register.inclusion_tag("ui/history.html")
def history(record, limit: int = 20):
    found = entries(record, limit=limit + 1)
    return {"entries": found[:limit], "has_more": len(found) > limit}


@register.filter
def undo_url(message) -> str:
    """The address that takes back what the toast tells, or nothing."""
    tags = message.extra_tags or ""
    return tags.removeprefix("undo:") if tags.startswith("undo:") else ""
