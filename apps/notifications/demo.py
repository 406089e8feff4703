"""In a year people have read most of what they were told."""

from datetime import timedelta

from apps.notifications.models import Notification
from gmtc.demo import Agenda

NEW = timedelta(days=3)


def fill(agenda: Agenda) -> None:
    agenda.at(agenda.end - timedelta(seconds=1), _read, agenda.end - NEW)


def _read(until) -> None:
    Notification.objects.filter(created_at__lt=until).mark_read()
