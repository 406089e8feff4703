"""Background jobs of the parts room."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from apps.accounts.models import User
from apps.parts.models import PartImport, PartImportRow

KEEP_RESULTS = timedelta(days=90)


@app.task(name="parts.work_on_import")
def work_on_import(*, import_id: str, user_id: str | None):
    """Check or carry out a large import; its state says which. Nothing to do is no error: somebody was faster."""
    by = User.objects.get(pk=user_id) if user_id else None
    PartImport.everything.get(pk=import_id).work(by=by)


@app.periodic(cron="* * * * *")
@app.task(name="parts.take_up_imports", queueing_lock="parts.take_up_imports", pass_context=True)
async def take_up_imports(context, timestamp: int):
    """Give the imports of a worker that died to the next one. Its transaction is gone, so nothing is half written."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(task_name=work_on_import.name):
        await manager.retry_job(job)


@app.periodic(cron="40 3 * * *")
@app.task(name="parts.forget_import_results", queueing_lock="parts.forget_import_results")
def forget_import_results(timestamp: int):
    """The row by row results of imports that are over go after 90 days; who imported which file stays."""
    old = PartImport.everything.filter(
        status__in=("accepted", "discarded", "failed"), updated_at__lt=timezone.now() - KEEP_RESULTS
    )
    PartImportRow.objects.filter(data_import__in=old).delete()
