"""The people of the demo company. Their password is public: never on a system that others can reach."""

from apps.accounts.models import User
from apps.accounts.roles import Role
from gmtc.demo import People

PASSWORD = "fouzies-demo"  # noqa: S105 - public on purpose

PEOPLE = [
    ("admin@example.com", "Anna Lindqvist", Role.ADMIN),
    ("manager@example.com", "Jonas Bergmann", Role.MANAGER),
    ("staff@example.com", "Mehmet Yıldız", Role.STAFF),
    ("warehouse@example.com", "Petra Hoffmann", Role.STAFF),
    ("workshop@example.com", "Tomasz Kowalski", Role.STAFF),
    ("viewer@example.com", "Claire Dubois", Role.VIEWER),
]


def is_filled() -> bool:
    """Whether the demo people are here."""
    return User.objects.filter(email__in=[email for email, _name, _role in PEOPLE]).count() == len(PEOPLE)


def fill() -> People:
    """Make those who do not exist yet; nobody's password or role is changed."""
    users = [
        User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, name=name, role=role)
        for email, name, role in PEOPLE
    ]
    admin, manager, *staff, _viewer = users
    return People(admin=admin, manager=manager, staff=staff)
