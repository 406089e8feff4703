"""How allauth behaves in this house."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.sites.requests import RequestSite
from django.urls import reverse
from django.utils import translation

from apps.accounts import tasks
from apps.accounts.models import User
from apps.accounts.models.user import SECOND_FACTORS


class ClosedHouse(DefaultAccountAdapter):
    """Nobody signs up: an admin adds users. Mails are written in the reader's language and sent by a job, so the
    time an answer takes does not tell whether an address is known."""

    def is_open_for_signup(self, request):
        return False

    def send_password_reset_mail(self, user, email, context):
        # The job makes the link: a link in the queue's table would open the account to whoever reads it.
        tasks.mail_password_link.defer(user_id=str(user.pk), occasion="password_reset_key")

    def send_mail(self, template_prefix, email, context):
        reader = User.objects.filter(email=email.lower()).first()
        language = (reader and reader.language) or translation.get_language()
        with translation.override(language):
            message = self.render_mail(
                template_prefix,
                email,
                {"request": self.request, "email": email, "current_site": RequestSite(self.request), **context},
            )
        html = next((each.content for each in getattr(message, "alternatives", [])), "")
        tasks.deliver.defer(to=email, subject=message.subject, text=message.body, html=html)

    def format_email_subject(self, subject):
        return f"GM-TC: {subject}"

    def set_password(self, user, password):
        user.change_password(password, by=user)

    def get_reset_password_from_key_url(self, key):
        # by our own address, not by the Host header of whoever asked
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.ORIGIN + path.replace("UID-KEY", key)

    def get_password_change_redirect_url(self, request):
        return reverse("accounts:profile")


class SecondFactors(DefaultMFAAdapter):
    def can_delete_authenticator(self, authenticator):
        """Who must have a second factor may replace it, not drop the last one."""
        user = authenticator.user
        if not user.needs_second_factor() or authenticator.type not in SECOND_FACTORS:
            return True
        return user.authenticator_set.filter(type__in=SECOND_FACTORS).exclude(pk=authenticator.pk).exists()
