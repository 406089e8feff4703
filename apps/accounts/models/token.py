"""Refresh tokens of the API. The tokens themselves are signed and never stored; here are their traces."""

import hashlib

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from gmtc.errors import Refused


class TokenRefused(Refused):
    """This refresh token is not, or no longer, good for an access token."""


def digest(jti: str) -> str:
    """SHA-256, hex: a reader of the database learns no token id."""
    return hashlib.sha256(jti.encode()).hexdigest()


class RefreshFamily(models.Model):
    """All refresh tokens that descend from one sign-in of one client."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="refresh_families")
    client = models.CharField(max_length=200)
    started_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.client

    def revoke(self):
        """No token of this family is accepted any more."""
        RefreshFamily.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now())


class RefreshTokenQuerySet(models.QuerySet):
    def redeem(self, jti: str) -> RefreshFamily:
        """Use the token up and return its family. Raises TokenRefused.

        Each token is good once. One that comes a second time was stolen, or is used by the thief now: nobody can
        tell, so the whole family ends. The family's row is the lock: of two requests with the same token one wins,
        and the other is such a second time.
        """
        with transaction.atomic():
            token = self.select_related("family").filter(digest=digest(jti)).first()
            if not token:
                raise TokenRefused(_("This token is unknown."))
            family = (
                RefreshFamily.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.family_id)
            )
            token.refresh_from_db(fields=["used_at"])
            if family.revoked_at:
                raise TokenRefused(_("This token was revoked: please sign in again."))
            if token.expires_at <= timezone.now() or not family.user.is_active:
                raise TokenRefused(_("This token has expired: please sign in again."))
            if token.used_at is None:
                token.used_at = timezone.now()
                token.save(update_fields=["used_at"])
                return family
            family.revoke()
        # outside the transaction, or the revocation would be rolled back with it
        raise TokenRefused(_("This token was used before: please sign in again."))


class RefreshToken(models.Model):
    digest = models.CharField(max_length=64, primary_key=True)
    family = models.ForeignKey(RefreshFamily, models.CASCADE, related_name="tokens")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.digest[:8]
