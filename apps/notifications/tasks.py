"""Jobs that mail notifications, and what is told of jobs that have failed."""

from collections import Counter

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import ngettext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent

from apps.notifications.models import Kind
from apps.notifications.notify import notify
from gmtc import mail


@app.task(name="notifications.mail_notification", queue="mail", retry=mail.PATIENTLY)
def mail_notification(*, email: str, language: str, title: str, body: str, url: str) -> None:
    mail.send(
        "notification", to=[email], subject=title, context={"title": title, "body": body, "url": url}, language=language
    )


@app.periodic(cron="5 * * * *")
@app.task(name="notifications.tell_of_failed_jobs", queueing_lock="notifications.tell_of_failed_jobs")
@transaction.atomic
def tell_of_failed_jobs(timestamp: int):
    """Each hour, tell those who see the jobs which ones were given up since this was last told.

    Not by mail: a mail server that is away would make one failed job of another.
    """
    told = ProcrastinateEvent.objects.filter(
        type="started", job__status="succeeded", job__task_name=tell_of_failed_jobs.name
    )
    failed = ProcrastinateEvent.objects.filter(type="failed", job__status="failed")
    if last := told.aggregate(last=Max("at"))["last"]:
        failed = failed.filter(at__gt=last)
    names = Counter(failed.order_by("at").values_list("job__task_name", flat=True))
    if not names:
        return
    count = names.total()
    notify(
        "procrastinate.view_procrastinatejob",
        kind=Kind.SYSTEM,
        title=lambda: (
            ngettext("%(count)s background job has failed", "%(count)s background jobs have failed", count)
            % {"count": count}
        ),
        body="\n".join(f"{number} × {name}" for name, number in names.items()),
        url=f"{reverse('admin:procrastinate_procrastinatejob_changelist')}?status__exact=failed",
    )
