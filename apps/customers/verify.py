"""What is always true of customers, recomputed."""

from apps.customers.models import Address, Contact, Customer, Interaction
from gmtc.verify import guard_rules, history_rules, sql_rule, trash_rule

# The function is that of the deferred trigger, so both know one rule.
WHOLE = sql_rule(
    "A customer is where the standard invoice address is, and taxed accordingly",
    count="SELECT count(*) FROM customers_customer WHERE deleted_at IS NULL",
    faults="""
        SELECT number, customers_customer_fault(c), 'a whole customer' FROM customers_customer c
        WHERE customers_customer_fault(c) IS NOT NULL ORDER BY number
    """,
)

ONE_STANDARD = sql_rule(
    "Of each kind of address at most one is the standard",
    count="SELECT count(*) FROM customers_address WHERE deleted_at IS NULL",
    faults="""
        SELECT c.number || ', ' || a.kind, count(*)::text, '1 standard address'
        FROM customers_address a JOIN customers_customer c ON c.id = a.customer_id
        WHERE a.is_default AND a.deleted_at IS NULL GROUP BY c.number, a.kind HAVING count(*) > 1
    """,
)

OWN_CONTACT = sql_rule(
    "The contact history names people of its own customer",
    count="SELECT count(*) FROM customers_interaction WHERE contact_id IS NOT NULL",
    faults="""
        SELECT 'entry ' || i.id, 'contact ' || p.id || ' of another customer', 'a contact of customer ' || i.customer_id
        FROM customers_interaction i JOIN customers_contact p ON p.id = i.contact_id
        WHERE p.customer_id <> i.customer_id
    """,
)

TRIGGERS = [
    "customers_address_says_where",
    "customers_customer_guard_insert",
    "customers_customer_guard_update",
    "customers_customer_whole",
    "customers_address_whole",
    *(
        f"customers_historical{noun}_append_only_{reach}"
        for noun in ("customer", "address", "contact", "interaction")
        for reach in ("row", "all")
    ),
]

MODELS = (Customer, Address, Contact, Interaction)
RULES = [
    WHOLE,
    ONE_STANDARD,
    OWN_CONTACT,
    *(rule for model in MODELS for rule in history_rules(model)),
    *(trash_rule(model) for model in MODELS),
    *guard_rules("customers", triggers=TRIGGERS),
]
