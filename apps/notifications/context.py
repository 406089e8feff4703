"""The context processor `unread`."""

from functools import cache

from apps.notifications.models import Notification


def unread(request):
    """`{{ unread }}`: how many notifications are new, counted (one query) only where a template shows it."""
    user = getattr(request, "user", None)

    @cache
    def count() -> int:
        return Notification.objects.filter(user=user).unread().count() if user and user.is_authenticated else 0

    return {"unread": count}
