"""Telling people something."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.functional import Promise
from procrastinate.contrib.django import app

from apps.accounts.models import User
from apps.notifications.models import Kind, Notification, Preference

type Text = str | Promise | Callable[[], str]


def notify(
    recipients: str | Iterable[User | None],
    *,
    kind: str,
    title: Text,
    body: Text = "",
    url: str = "",
    mail: bool = False,
    by: User | None = None,
) -> list[Notification]:
    """Tell `recipients`, users or all who hold a permission ("orders.confirm_customerorder"), in their own languages.

    Each is told once, and `by`, who did it, not at all. None among the users stands for a record of nobody.
    `title` and `body` are lazy translations or, where values are filled in, functions:
    `title=lambda: _("%(part)s is short") % {"part": part}`. `mail` says that it is worth a mail; each user's
    preferences have the last word. Mails are jobs of the caller's transaction: rolled back, nobody is told.
    """
    found = holders(recipients) if isinstance(recipients, str) else dict.fromkeys(filter(None, recipients))
    users = [user for user in found if user.is_active and user != by]
    if not users:
        return []
    silent: dict[str, set] = defaultdict(set)
    for choice in Preference.objects.filter(user__in=users, kind=kind):
        if not choice.in_app:
            silent["in_app"].add(choice.user_id)
        if not choice.mail:
            silent["mail"].add(choice.user_id)
    rows, mails = [], []
    for user in users:
        language = user.reading_language
        with translation.override(language):
            said = {"title": spoken(title)[:200], "body": spoken(body)}
        if user.pk not in silent["in_app"]:
            rows.append(Notification(user=user, kind=Kind(kind), url=url, **said))
        if mail and user.pk not in silent["mail"]:
            mails.append({"email": user.email, "language": language, "url": url, **said})
    with transaction.atomic():
        Notification.objects.bulk_create(rows)
        for each in mails:
            app.configure_task("notifications.mail_notification").defer(**each)
    return rows


def holders(permission: str) -> list[User]:
    """The active users who hold a permission by role, by themselves or as superuser."""
    app, codename = permission.split(".")
    by_role = Q(groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
    by_self = Q(user_permissions__codename=codename, user_permissions__content_type__app_label=app)
    return list(User.objects.filter(by_role | by_self | Q(is_superuser=True), is_active=True).distinct())


def spoken(text: Text) -> str:
    return str(text() if callable(text) else text)
