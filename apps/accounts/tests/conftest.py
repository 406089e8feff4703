"""What the tests of sign-in share."""

from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import auth

MIDDLE_OF_A_PERIOD = 1_800_000_015  # seconds; a code is good from :00 to :30


@pytest.fixture
def code_of(monkeypatch):
    """`code_of(secret)` is what the authenticator app shows. The clock of the codes stands still: one that was read
    at the end of its half minute would be refused."""
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: MIDDLE_OF_A_PERIOD))
    return lambda secret: auth.format_hotp_value(auth.hotp_value(secret, next(auth.yield_hotp_counters_from_time())))


@pytest.fixture
def totp(code_of):
    """`totp(user)` sets up an authenticator app and returns a function that reads its code."""

    def set_up(user):
        secret = auth.generate_totp_secret()
        auth.TOTP.activate(user, secret)
        return lambda: code_of(secret)

    return set_up
