"""Jobs of the accounts room: mails, and the nightly clearing of what has expired."""

from datetime import timedelta

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from apps.accounts.models import RefreshFamily, Submission, User

# A mail server that is away comes back: 10 attempts over about a day.
PATIENTLY = RetryStrategy(max_attempts=10, exponential_wait=3)


@app.task(name="accounts.deliver", retry=PATIENTLY)
def deliver(*, to: str, subject: str, text: str, html: str):
    message = EmailMultiAlternatives(subject, text, to=[to])
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


@app.task(name="accounts.mail_password_link", retry=PATIENTLY)
def mail_password_link(*, user_id: str, occasion: str, language: str = ""):
    """Send the link under which the user sets a password; `occasion` names the mail: password_reset_key, invitation.

    The link is made here and not before, so it is never stored. It holds for PASSWORD_RESET_TIMEOUT (3 days) and
    until the password changes or the user signs in.
    """
    user = User.objects.get(pk=user_id)
    if not user.is_active:
        return
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    context = {
        "user": user,
        "password_reset_url": settings.ORIGIN + path,
        "origin": settings.ORIGIN,
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
    }
    with translation.override(user.language or language or settings.LANGUAGE_CODE):
        subject = render_to_string(f"account/email/{occasion}_subject.txt", context)
        text = render_to_string(f"account/email/{occasion}_message.txt", context)
        html = render_to_string(f"account/email/{occasion}_message.html", context)
    deliver(to=user.email, subject="GM-TC: " + " ".join(subject.split()), text=text.strip(), html=html)


@app.periodic(cron="20 3 * * *")
@app.task(name="accounts.clear_expired", queueing_lock="accounts.clear_expired")
def clear_expired(timestamp: int):
    """Forget submissions older than a week, and token families none of whose tokens could be used any more."""
    Submission.objects.outdated().delete()
    yesterday = timezone.now() - timedelta(days=1)
    RefreshFamily.objects.alias(last=Max("tokens__expires_at")).filter(last__lt=yesterday).delete()
