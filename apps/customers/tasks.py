"""Background jobs of the customers room."""

from collections import defaultdict
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from procrastinate.contrib.django import app

from apps.accounts.models import User
from apps.customers.models import CustomerImport, CustomerImportRow, Interaction
from apps.notifications.models import Kind
from apps.notifications.notify import notify

KEEP_RESULTS = timedelta(days=90)


@app.task(name="customers.work_on_import")
def work_on_import(*, import_id: str, user_id: str | None):
    """Check or carry out a large import; its state says which. Nothing to do is no error: somebody was faster."""
    by = User.objects.get(pk=user_id) if user_id else None
    CustomerImport.everything.get(pk=import_id).work(by=by)


@app.periodic(cron="* * * * *")
@app.task(name="customers.take_up_imports", queueing_lock="customers.take_up_imports")
async def take_up_imports(timestamp: int):
    """Give the imports of a worker that died to the next one. Its transaction is gone, so nothing is half written."""
    for job in await app.job_manager.get_stalled_jobs(task_name=work_on_import.name):
        await app.job_manager.retry_job(job)


@app.periodic(cron="45 3 * * *")
@app.task(name="customers.forget_import_results", queueing_lock="customers.forget_import_results")
def forget_import_results(timestamp: int):
    """The row by row results of imports that are over go after 90 days: they are personal data without a purpose."""
    old = CustomerImport.everything.filter(
        status__in=("accepted", "discarded", "failed"), updated_at__lt=timezone.now() - KEEP_RESULTS
    )
    CustomerImportRow.objects.filter(data_import__in=old).delete()


@app.periodic(cron="0 6 * * 1-5")
@app.task(name="customers.tell_due_follow_ups", queueing_lock="customers.tell_due_follow_ups")
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
