"""Background jobs of the customers room."""

from collections import defaultdict

from django.db import transaction
from django.urls import reverse
from django.utils.translation import ngettext
from procrastinate.contrib.django import app

from apps.customers.models import Interaction
from apps.notifications.models import Kind
from apps.notifications.notify import notify


@app.periodic(cron="0 6 * * 1-5")
@app.task(name="customers.tell_due_follow_ups", queueing_lock="customers.tell_due_follow_ups")
@transaction.atomic  # all are told or, if the worker dies, nobody yet
def tell_due_follow_ups(timestamp: int):
    """In the morning of a working day everybody is told how many customers wait for them."""
    waiting = defaultdict(int)
    due = Interaction.objects.follow_ups().due().select_related("follow_up_by")
    for interaction in due:
        waiting[interaction.follow_up_by] += 1
    url = f"{reverse('customers:follow_up_list')}?mine=true"
    for person, count in waiting.items():
        notify([person], kind=Kind.FOLLOW_UP, title=_said(count), url=url, mail=True)


def _said(count: int):
    return lambda: (
        ngettext(
            "%(count)s follow-up is due today or overdue.", "%(count)s follow-ups are due today or overdue.", count
        )
        % {"count": count}
    )
