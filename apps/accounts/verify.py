"""What is always true of the users and of what they may do."""

from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission

from apps.accounts.models import User
from apps.accounts.roles import Role, grants
from gmtc.verify import Fault, Rule, guard_rules, sql_rule, told_rule

HISTORY = sql_rule(
    "User: each has a history",
    count="SELECT count(*) FROM accounts_user",
    faults="""
        SELECT email, 'no history row', 'one or more' FROM accounts_user u
        WHERE NOT EXISTS (SELECT FROM accounts_historicaluser h WHERE h.id = u.id)
    """,
)

GROUPS = sql_rule(
    "Each user is in the group of the role and in no other",
    count="SELECT count(*) FROM accounts_user",
    faults="""
        SELECT u.email, coalesce(string_agg(g.name, ', ' ORDER BY g.name), 'no group'), u.role
        FROM accounts_user u
        LEFT JOIN accounts_user_groups m ON m.user_id = u.id LEFT JOIN auth_group g ON g.id = m.group_id
        GROUP BY u.id HAVING string_agg(g.name, ', ') IS DISTINCT FROM u.role
        ORDER BY u.email
    """,
)

OWN = sql_rule(
    "Nobody holds a permission of their own, nor every permission without being an admin",
    count="SELECT count(*) FROM accounts_user",
    faults="""
        SELECT u.email, 'may ' || p.codename, 'what the role may' FROM accounts_user u
        JOIN accounts_user_user_permissions o ON o.user_id = u.id JOIN auth_permission p ON p.id = o.permission_id
        UNION ALL
        SELECT email, 'superuser', 'role admin, or no superuser' FROM accounts_user
        WHERE is_superuser AND role <> 'admin'
        UNION ALL
        SELECT email, CASE WHEN is_staff THEN 'may' ELSE 'may not' END || ' open the back office', 'what the role may'
        FROM accounts_user WHERE is_staff <> (role IN ('admin', 'manager'))
    """,
)

ADDRESSES = sql_rule(
    "Addresses are kept in lower case, as the sign-in looks them up",
    count="SELECT count(*) FROM accounts_user",
    faults="SELECT 'user ' || id, email, lower(email) FROM accounts_user WHERE email <> lower(trim(email))",
)

SESSIONS = sql_rule(
    "Who may not sign in has no token that still works",
    count="SELECT count(*) FROM accounts_refreshfamily",
    faults="""
        SELECT u.email, 'token family ' || f.id, 'revoked' FROM accounts_refreshfamily f
        JOIN accounts_user u ON u.id = f.user_id WHERE f.revoked_at IS NULL AND NOT u.is_active
    """,
)


def wrong_grants() -> Iterator[Fault]:
    known = {
        permission.pk: f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Permission.objects.select_related("content_type")
    }
    held: dict[str, set] = {role: set() for role in Role.values}
    for group, permission in Group.objects.filter(name__in=held).values_list("name", "permissions"):
        held[group].add(known.get(permission))
    for role, has in held.items():
        should = {permission for permission in known.values() if grants(role, permission)}
        for permission in sorted(should - has):
            yield Fault(GRANTS.name, f"{role}: {permission}", "not granted", "granted")
        for permission in sorted(has - should - {None}):
            yield Fault(GRANTS.name, f"{role}: {permission}", "granted", "not granted")


GRANTS = Rule("Each role may do exactly what apps/accounts/roles.py says", Permission.objects.count, wrong_grants)

RULES = [
    told_rule(User),
    HISTORY,
    GROUPS,
    OWN,
    GRANTS,
    ADDRESSES,
    SESSIONS,
    *guard_rules(
        "accounts",
        triggers=["accounts_historicaluser_append_only_row", "accounts_historicaluser_append_only_all"],
    ),
]
