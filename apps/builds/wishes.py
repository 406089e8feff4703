"""What the planner wants otherwise than it is proposed, as the planning page sends it."""

from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError

from apps.builds.proposals import Wish
from gmtc.forms import QuantityField


def read_wishes(sent: Mapping[str, str]) -> dict[str, Wish]:
    """{key of a proposal: Wish}. The page sends `quantity.<key>` beside `proposed.<key>`, which it was filled in with:
    only what differs is wished, so a plan that has moved on meanwhile proposes its own. `offer.<key>` is the offer that
    the row was shown with, and stays."""
    wishes = {}
    for key in {name.partition(".")[2] for name in sent if name.startswith(("quantity.", "offer."))}:
        typed = sent.get(f"quantity.{key}", "").strip()
        if typed == sent.get(f"proposed.{key}"):
            typed = ""
        quantity, fault = _quantity(typed)
        wishes[key] = Wish(quantity, _key(sent.get(f"offer.{key}", "")), typed, fault)
    return wishes


def _quantity(typed: str):
    try:
        return QuantityField(required=False).clean(typed), ""
    except ValidationError as wrong:
        return None, " ".join(wrong.messages)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
