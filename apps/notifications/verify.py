"""What is always true of notifications."""

from apps.notifications.models import Kind
from gmtc.verify import guard_rules, sql_rule

KINDS = ", ".join(f"'{kind.value}'" for kind in Kind)

RULES = [
    sql_rule(
        "Every notification and every choice is of a kind that there is",
        count="SELECT (SELECT count(*) FROM notifications_notification)"
        " + (SELECT count(*) FROM notifications_preference)",
        faults=f"""
            SELECT 'notification ' || id, kind, 'a kind' FROM notifications_notification WHERE kind NOT IN ({KINDS})
            UNION ALL
            SELECT 'choice of user ' || user_id, kind, 'a kind' FROM notifications_preference
            WHERE kind NOT IN ({KINDS})
        """,
    ),
    sql_rule(
        "Nothing was read before it was written",
        count="SELECT count(*) FROM notifications_notification",
        faults="""
            SELECT 'notification ' || id, 'read ' || read_at, 'after ' || created_at
            FROM notifications_notification WHERE read_at < created_at
        """,
    ),
    sql_rule(
        "A notification leads to a page of ours",
        count="SELECT count(*) FROM notifications_notification",
        faults="""
            SELECT 'notification ' || id, url, 'a path, /...' FROM notifications_notification
            WHERE url <> '' AND (url NOT LIKE '/%' OR url LIKE '//%')
        """,
    ),
    *guard_rules("notifications", triggers=[]),
]
