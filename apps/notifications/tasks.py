"""Jobs of the queue `mail`."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from apps.notifications import mail

# A mail server that is away for a while comes back: 6 attempts over about ten hours, then the job stays as failed.
PATIENTLY = RetryStrategy(max_attempts=6, exponential_wait=8)


@app.task(name="notifications.mail_notification", queue="mail", retry=PATIENTLY)
def mail_notification(*, email: str, language: str, title: str, body: str, url: str) -> None:
    mail.send(
        "notification", to=[email], subject=title, context={"title": title, "body": body, "url": url}, language=language
    )
