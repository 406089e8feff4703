"""How a colleague gets an account."""

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.accounts import tasks
from apps.accounts.models import User
from gmtc.errors import Refused


def invite(email: str, *, name: str, role: str, language: str = "", by) -> User:
    """Add a user, who gets a mail with a link to set a password. Raises Refused where the address is taken."""
    with transaction.atomic():
        if User.objects.filter(email=email.strip().lower()).exists():
            raise Refused(_("A user with this e-mail address exists."), field="email")
        user = User.objects.create_user(email, name=name, role=role, language=language, by=by)
        send_invitation(user)
    return user


def send_invitation(user: User):
    """Mail the link (again). The mail is in the user's language, else in that of the admin who invites."""
    if not user.is_active:
        raise Refused(_("This user may not sign in: activate them first."))
    tasks.mail_password_link.defer(
        user_id=str(user.pk), occasion="invitation", language=translation.get_language() or ""
    )
