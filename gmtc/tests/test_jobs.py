"""A job whose worker dies is done by the next one, or stays as failed where everybody who should can see it."""

from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from apps.notifications.models import Kind, Notification
from apps.notifications.notify import notify
from apps.notifications.tasks import tell_of_failed_jobs
from apps.orders.tests.factories import make_order
from apps.parts.models import Part, PartImport
from apps.parts.tests.factories import faults
from apps.parts.tests.test_import import many, upload_rows
from gmtc.imports import SMALL_ROWS
from gmtc.tasks import MAX_ATTEMPTS, forget_jobs, take_up_jobs
from gmtc.tests.servers import Worker, held, until, waiting

pytestmark = pytest.mark.django_db(transaction=True)


def jobs(**which):
    return ProcrastinateJob.objects.filter(**which)


def execute(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def is_over(job) -> bool:
    return not jobs(pk=job.pk, status__in=["todo", "doing"]).exists()


def kill_worker_inside(job, lock: str, folder) -> None:
    """Have a worker begin `job` and kill it while that waits for what `lock` holds."""
    with held(lock), Worker(folder) as worker:
        until(waiting, f"the job to reach the lock: {worker.log.read_text()[-2000:]}")
        assert jobs(pk=job.pk, status="doing").exists()
        worker.kill()
    until(lambda: not waiting(), "the dead worker's transaction to end")


def finish(job, folder) -> None:
    """Another worker runs until `job` is over."""
    with suppress(AlreadyEnqueued):  # it comes by itself each minute; the test does not wait for it
        take_up_jobs.defer(timestamp=0)
    with Worker(folder) as worker:
        until(lambda: is_over(job), f"the job to be over: {worker.log.read_text()[-2000:]}")


def test_a_mail_whose_worker_was_killed_goes_out_once(staff, tmp_path):
    order = make_order(by=staff)
    order.quote(mail_to="buyer@example.com", by=staff)
    mail, outbox = jobs(task_name="documents.mail_document").get(), tmp_path / "mail"
    (tmp_path / "media").mkdir(exist_ok=True)
    kill_worker_inside(mail, "LOCK TABLE documents_document IN ACCESS EXCLUSIVE MODE", tmp_path)
    assert not list(outbox.glob("*"))

    finish(mail, tmp_path)
    (sent,) = outbox.glob("*")
    assert message_from_bytes(sent.read_bytes())["To"] == "buyer@example.com"
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == ("succeeded", 2)


def test_an_import_whose_worker_was_killed_is_carried_out_once(manager, run_jobs, tmp_path):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    run_jobs()
    found.refresh_from_db()
    found.accept(by=manager)
    job = jobs(task_name="imports.work", status="todo").get()
    kill_worker_inside(job, "LOCK TABLE parts_historicalpart IN SHARE MODE", tmp_path)
    assert Part.everything.count() == 0
    assert PartImport.objects.get().status == "accepting"

    finish(job, tmp_path)
    assert PartImport.objects.get().status == "accepted"
    assert Part.objects.count() == Part.history.count() == SMALL_ROWS + 1
    assert faults() == []


# --- As a dead worker leaves a job: taken, and nobody's heart beats


def leave_behind(job, *, attempts: int = 0) -> None:
    execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s WHERE id = %s", attempts, job.pk)


@pytest.fixture
def mail(staff):
    notify([staff], kind=Kind.SYSTEM, title="Once", mail=True)
    return jobs(task_name="notifications.mail_notification").get()


@pytest.fixture
def take_up(run_jobs):
    def run():
        take_up_jobs.defer(timestamp=0)
        run_jobs()
        run_jobs()

    return run


@pytest.mark.parametrize(("attempts", "status"), [(MAX_ATTEMPTS - 2, "succeeded"), (MAX_ATTEMPTS - 1, "failed")])
def test_a_job_that_is_cut_off_again_and_again_is_given_up(mail, take_up, mailoutbox, attempts, status):
    leave_behind(mail, attempts=attempts)
    take_up()
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == (status, MAX_ATTEMPTS if status == "failed" else attempts + 2)
    assert len(mailoutbox) == (status == "succeeded")


def test_an_import_that_was_queued_again_meanwhile_does_not_wait_for_the_dead_one_for_ever(manager, mail, take_up):
    found = upload_rows(*many(SMALL_ROWS + 1), by=manager)
    dead = jobs(task_name="imports.work").get()
    leave_behind(dead)
    found.resume(by=manager)
    leave_behind(mail)
    take_up()
    dead.refresh_from_db()
    assert dead.status == "aborted"
    assert jobs(task_name="imports.work").exclude(pk=dead.pk).get().status == "succeeded"
    assert PartImport.objects.get().status == "checked"
    mail.refresh_from_db()
    assert mail.status == "succeeded", "the next in the row is taken up all the same"


def test_a_worker_that_died_while_it_took_jobs_up_stops_nobody(mail, take_up):
    take_up_jobs.defer(timestamp=0)
    dead = jobs(task_name=take_up_jobs.name).get()
    for job in (mail, dead):
        leave_behind(job)
    take_up()
    assert jobs(pk=mail.pk).get().status == "succeeded"
    assert is_over(dead)


def test_the_job_of_a_worker_that_lives_is_left_to_it(mail, take_up, mailoutbox):
    execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    execute(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
        " WHERE id = %s",
        mail.pk,
    )
    take_up()
    mail.refresh_from_db()
    assert (mail.status, len(mailoutbox)) == ("doing", 0)


# --- What has failed is shown


def test_failed_jobs_are_told_once_to_those_who_see_them(admin, manager, mail, take_up, run_jobs, as_admin):
    Notification.objects.all().delete()
    leave_behind(mail, attempts=MAX_ATTEMPTS)
    take_up()
    for _hour in range(2):
        tell_of_failed_jobs.defer(timestamp=0)
        run_jobs()
    line = Notification.objects.get()
    assert (line.user, line.kind, line.title) == (admin, Kind.SYSTEM, "1 background job has failed")
    assert line.body == "1 × notifications.mail_notification"
    text = as_admin.get(line.url).content.decode()
    assert "mail_notification" in text
    assert 'style="' not in text  # our content security policy refuses it


@pytest.mark.parametrize(
    ("status", "days", "is_kept"),
    [("succeeded", 6, True), ("succeeded", 8, False), ("failed", 89, True), ("failed", 91, False), ("todo", 91, True)],
)
def test_what_is_over_is_forgotten_after_a_while(mail, run_jobs, status, days, is_kept):
    execute("UPDATE procrastinate_jobs SET status = %s, scheduled_at = now() + interval '1 day'", status)
    execute("UPDATE procrastinate_events SET at = %s", timezone.now() - timedelta(days=days))
    forget_jobs.defer(timestamp=0)
    run_jobs()
    assert jobs(pk=mail.pk).exists() == is_kept
