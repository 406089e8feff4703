"""Jobs of the queue `mail`."""

from procrastinate.contrib.django import app

from gmtc import mail


@app.task(name="notifications.mail_notification", queue="mail", retry=mail.PATIENTLY)
def mail_notification(*, email: str, language: str, title: str, body: str, url: str) -> None:
    mail.send(
        "notification", to=[email], subject=title, context={"title": title, "body": body, "url": url}, language=language
    )
