"""Sign-in of programs: a short access token, and a refresh token that is good once."""

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt import tokens as jwt
from rest_framework_simplejwt.exceptions import TokenError

from apps.accounts.models import RefreshFamily, RefreshToken
from apps.accounts.models.token import TokenRefused, digest

SIGN_IN_LIMIT = "api_token"  # its rate is in settings.ACCOUNT_RATE_LIMITS


class Credentials(serializers.Serializer):
    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False)
    totp = serializers.CharField(
        required=False, allow_blank=True, help_text=_("The code of the authenticator app, where one is set up.")
    )


class Refresh(serializers.Serializer):
    refresh = serializers.CharField()


class TokenPair(serializers.Serializer):
    access = serializers.CharField(help_text=_("Good for 15 minutes."))
    refresh = serializers.CharField(help_text=_("Good once, within 7 days."))


def issue(family: RefreshFamily) -> dict:
    """A new pair of tokens for the family."""
    refresh = jwt.RefreshToken.for_user(family.user)
    RefreshToken.objects.create(
        digest=digest(refresh["jti"]), family=family, expires_at=refresh.current_time + refresh.lifetime
    )
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def check_second_factor(user, code: str):
    """Raises unless the user needs none or `code` is the one of this half minute."""
    if not user.has_second_factor():
        if user.needs_second_factor():
            raise PermissionDenied(_("Set up a second factor on your profile page first."), "second_factor_required")
        return
    totp = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if not totp:
        raise PermissionDenied(
            _("Sign-in by token needs an authenticator app as second factor."), "second_factor_required"
        )
    if not code:
        raise AuthenticationFailed(_("The code of your authenticator app is missing (totp)."), "second_factor_required")
    if not totp.wrap().validate_code(code):
        raise AuthenticationFailed(_("The code of the authenticator app is wrong or used."), "second_factor_wrong")


class TokenView(APIView):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()  # the limits here count by address, not by user

    def get_authenticate_header(self, request):
        return 'Bearer realm="api"'  # else a refusal would be a 403


class ObtainToken(TokenView):
    @extend_schema(request=Credentials, responses=TokenPair, summary="Sign in")
    def post(self, request):
        given = Credentials(data=request.data)
        given.is_valid(raise_exception=True)
        email, password = given.validated_data["email"].lower(), given.validated_data["password"]
        adapter = get_adapter()
        plain = request._request  # allauth works with Django's request
        if not ratelimit.consume(plain, action=SIGN_IN_LIMIT, key=f"{adapter.get_client_ip(plain)} {email}"):
            raise Throttled(wait=60)
        try:
            # the same door as the sign-in page, with the same count of failures by address and by user
            user = adapter.authenticate(plain, email=email, password=password)
        except ValidationError as error:
            raise Throttled(wait=300, detail=error.messages[0]) from error
        if not user or not user.is_active:
            raise AuthenticationFailed(_("The e-mail address or the password is wrong."), "sign_in_failed")
        # Codes are counted by user: with the password known, six digits are soon tried from many addresses.
        if not ratelimit.consume(plain, action="login_failed", key=f"mfa-auth-user-{user.pk}", dry_run=True):
            raise Throttled(wait=300)
        try:
            check_second_factor(user, given.validated_data.get("totp", ""))
        except AuthenticationFailed:
            ratelimit.consume(plain, action="login_failed", key=f"mfa-auth-user-{user.pk}")
            raise
        with transaction.atomic():
            family = RefreshFamily.objects.create(user=user, client=request.headers.get("User-Agent", "")[:200])
            return Response(issue(family))


def read_refresh(request) -> str:
    """The id of the refresh token that was sent. Raises where it is none of ours or has expired."""
    given = Refresh(data=request.data)
    given.is_valid(raise_exception=True)
    try:
        return jwt.RefreshToken(given.validated_data["refresh"])["jti"]
    except TokenError as error:
        raise AuthenticationFailed(_("This token has expired or is not valid."), "token_refused") from error


class RefreshTokenView(TokenView):
    @extend_schema(request=Refresh, responses=TokenPair, summary="Exchange a refresh token for a new pair")
    def post(self, request):
        jti = read_refresh(request)
        try:
            family = RefreshToken.objects.redeem(jti)
        except TokenRefused as refusal:
            raise AuthenticationFailed(str(refusal), "token_refused") from refusal
        if family.user.needs_second_factor() and not family.user.has_second_factor():
            family.revoke()
            raise PermissionDenied(_("Set up a second factor on your profile page first."), "second_factor_required")
        return Response(issue(family))


class RevokeToken(TokenView):
    @extend_schema(request=Refresh, responses={204: None}, summary="Sign out")
    def post(self, request):
        token = RefreshToken.objects.select_related("family").filter(digest=digest(read_refresh(request))).first()
        if token:
            token.family.revoke()
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("token", ObtainToken.as_view(), name="token"),
    path("token/refresh", RefreshTokenView.as_view(), name="token_refresh"),
    path("token/revoke", RevokeToken.as_view(), name="token_revoke"),
]
