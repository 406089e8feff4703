"""Who works here, with which devices they are signed in, and which forms they have sent."""

from apps.accounts.models.submission import Submission
from apps.accounts.models.token import RefreshFamily, RefreshToken
from apps.accounts.models.user import User

__all__ = ["RefreshFamily", "RefreshToken", "Submission", "User"]
