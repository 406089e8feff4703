"""The background jobs of every room's imports."""

from datetime import timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone
from procrastinate.contrib.django import app

from gmtc.imports import DataImport, Status

KEEP_RESULTS = timedelta(days=90)


@app.task(name="imports.work")
def work_on_import(*, model: str, import_id: str, user_id: str | None):
    """Check or carry out a large import; its state says which. Nothing to do is no error: somebody was faster."""
    by = get_user_model().objects.get(pk=user_id) if user_id else None
    apps.get_model(model).everything.get(pk=import_id).work(by=by)


@app.periodic(cron="* * * * *")
@app.task(name="imports.take_up", queueing_lock="imports.take_up", pass_context=True)
async def take_up_imports(context, timestamp: int):
    """Give the imports of a worker that died to the next one. Its transaction is gone, so nothing is half written."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(task_name=work_on_import.name):
        await manager.retry_job(job)


@app.periodic(cron="40 3 * * *")
@app.task(name="imports.forget_results", queueing_lock="imports.forget_results")
def forget_import_results(timestamp: int):
    """The row by row results of imports that are over go after 90 days: they may be personal data without a purpose.

    Who imported which file stays.
    """
    over = (Status.ACCEPTED, Status.DISCARDED, Status.FAILED)
    for model in apps.get_models():
        if issubclass(model, DataImport):
            old = model.everything.filter(status__in=over, updated_at__lt=timezone.now() - KEEP_RESULTS)
            model.rows.rel.related_model.objects.filter(data_import__in=old).delete()
