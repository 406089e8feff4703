"""What people are told of production jobs, by the verbs that make it true."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.notifications.models import Kind
from apps.notifications.notify import notify


def short(job, parts: Iterable, *, by) -> None:
    """Released although `parts` are not all there."""
    _tell(
        job, lambda: _("%(job)s is released, but parts are missing (%(part)s)"), body="\n".join(map(str, parts)), by=by
    )


def failed(job, checks: Iterable, *, note: str, by) -> None:
    names = ", ".join(dict.fromkeys(check.name for check in checks))
    _tell(job, lambda: _("%(job)s has failed a test (%(part)s)"), body=f"{names}: {note}", by=by)


def completed(job, *, by) -> None:
    _tell(job, lambda: _("%(job)s is completed (%(part)s)"), *_sales(job), by=by)


def cancelled(job, *, by) -> None:
    _tell(job, lambda: _("%(job)s is cancelled (%(part)s)"), *_sales(job), body=job.reason, by=by)


def _sales(job) -> list:
    """Who handles the order that waits for it."""
    return [job.order_line.order.responsible] if job.order_line else []


def _tell(job, title, *others, by, body: str = "") -> None:
    notify(
        [job.responsible, *others],
        by=by,
        kind=Kind.PRODUCTION,
        title=lambda: title() % {"job": job, "part": job.part},
        body=body,
        url=job.get_absolute_url(),
    )
