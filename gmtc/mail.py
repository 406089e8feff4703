"""E-mail in our own look: one text and one HTML template a mail, both under `templates/email/`."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from procrastinate import RetryStrategy

type File = tuple[str, bytes, str]

# For jobs: a mail server that is away comes back: 6 attempts over about ten hours, then the job stays as failed.
PATIENTLY = RetryStrategy(max_attempts=6, exponential_wait=8)


def send(
    template: str,
    *,
    to: Sequence[str],
    subject: str,
    context: dict,
    language: str,
    attachments: Iterable[File] = (),
    reply_to: Sequence[str] = (),
    cc: Sequence[str] = (),
) -> None:
    """Send `email/<template>.txt` and `.html` to `to`.

    Attachments are (file name, bytes, content type). This talks to the mail server: pages leave it to a job, or catch
    OSError (smtplib's errors are OSErrors) and say so.
    """
    with translation.override(language):
        context = {**context, "subject": subject, "origin": settings.ORIGIN, "language": language}
        text = render_to_string(f"email/{template}.txt", context)
        html = render_to_string(f"email/{template}.html", context)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()), body=text, to=list(to), cc=list(cc), reply_to=list(reply_to)
    )
    message.attach_alternative(html, "text/html")
    for name, content, content_type in attachments:
        message.attach(name, content, content_type)
    message.send()
