"""The background jobs of every room's imports, and what becomes of jobs whose worker died."""

from datetime import timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status as JobStatus

from gmtc.imports import DataImport, Status

KEEP_RESULTS = timedelta(days=90)
KEEP_JOBS_HOURS, KEEP_FAILED_JOBS_HOURS = 7 * 24, 90 * 24
MAX_ATTEMPTS = 5


@app.task(name="imports.work")
def work_on_import(*, model: str, import_id: str, user_id: str | None):
    """Check or carry out a large import; its state says which. Nothing to do is no error: somebody was faster."""
    by = get_user_model().objects.get(pk=user_id) if user_id else None
    data_import = apps.get_model(model).everything.get(pk=import_id)
    if data_import.work(by=by) and by:
        data_import.tell(by=by)


@app.periodic(cron="* * * * *")
@app.task(name="jobs.take_up", queueing_lock="jobs.take_up", pass_context=True)
async def take_up_jobs(context, timestamp: int):
    """Give the jobs of a worker that died to the next one: procrastinate leaves them as being worked on for ever.

    The worker's transaction is gone, so nothing is half written. A mail goes out twice if the worker died just after
    the mail server had taken it, which is better than one that never goes. A job that is cut off again and again may be
    what kills the workers: it is given up and stays as failed. No lock, which a dead run of this very job would hold.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        if job.attempts + 1 >= MAX_ATTEMPTS:
            await manager.finish_job(job, JobStatus.FAILED, delete_job=False)
            continue
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # the same work was queued again meanwhile, and waits for the lock of this one
            await manager.finish_job(job, JobStatus.ABORTED, delete_job=False)


@app.periodic(cron="50 3 * * *")
@app.task(name="jobs.forget", queueing_lock="jobs.forget", pass_context=True)
async def forget_jobs(context, timestamp: int):
    """What is done goes after a week, what has failed after 90 days: with jobs go the texts of mails."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(nb_hours=KEEP_JOBS_HOURS)
    await manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_JOBS_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


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
