"""Telling who started an import that its job has come to an end."""

from apps.notifications.models import Kind
from apps.notifications.notify import notify


def tell_of_import(data_import, *, by) -> None:
    notify(
        [by],
        kind=Kind.IMPORTS,
        title=data_import.outcome,
        body=data_import.message,
        url=data_import.get_absolute_url(),
        mail=True,
    )
