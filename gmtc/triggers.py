"""Migration operations that write our invariants into PostgreSQL as triggers.

A refusal by a trigger is a bug in our code or a hand in the database, so its text is for engineers.
"""

from django.db import migrations


class AppendOnly(migrations.RunSQL):
    """No row of `table` is ever changed or removed.

    History tables take `erasable=True`: a transaction that says `SET LOCAL gmtc.erasing = 'on'` may change rows,
    which is how personal data leaves history when the law demands it (Art. 17 GDPR).
    """

    def __init__(self, table: str, *, erasable: bool = False):
        # A truncated table has no row to ask, hence a statement trigger for TRUNCATE.
        passes = "IF current_setting('gmtc.erasing', true) = 'on' THEN RETURN COALESCE(NEW, OLD); END IF;"
        super().__init__(
            sql=f"""
                CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    {passes if erasable else ""}
                    RAISE EXCEPTION '{table} is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
                END $$;
                CREATE TRIGGER {table}_append_only_row BEFORE UPDATE OR DELETE ON {table}
                    FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
                CREATE TRIGGER {table}_append_only_all BEFORE TRUNCATE ON {table}
                    FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
            """,
            reverse_sql=f"DROP FUNCTION {table}_append_only() CASCADE;",
        )


class LegalMoves(migrations.RunSQL):
    """`column` of `table` moves only as `moves` says, {"draft": ["sent", "cancelled"]}; new rows begin in `start`."""

    def __init__(self, table: str, moves: dict[str, list[str]], *, start: list[str], column: str = "status"):
        pairs = ", ".join(f"('{source}', '{target}')" for source, targets in moves.items() for target in targets)
        starts = ", ".join(f"'{state}'" for state in start)
        super().__init__(
            sql=f"""
                CREATE FUNCTION {table}_{column}_moves() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'INSERT' THEN
                        IF NEW.{column} NOT IN ({starts}) THEN
                            RAISE EXCEPTION '{table}: a new row cannot be %', NEW.{column}
                                USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF (OLD.{column}, NEW.{column}) NOT IN ({pairs}) THEN
                        RAISE EXCEPTION '{table}: % to % is not a legal move', OLD.{column}, NEW.{column}
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER {table}_{column}_moves_insert BEFORE INSERT ON {table}
                    FOR EACH ROW EXECUTE FUNCTION {table}_{column}_moves();
                CREATE TRIGGER {table}_{column}_moves_update BEFORE UPDATE ON {table}
                    FOR EACH ROW WHEN (OLD.{column} IS DISTINCT FROM NEW.{column})
                    EXECUTE FUNCTION {table}_{column}_moves();
            """,
            reverse_sql=f"DROP FUNCTION {table}_{column}_moves() CASCADE;",
        )


class NoCircle(migrations.RunSQL):
    """No row of `table` lies under itself by way of `column`.

    One writer at a time, by an advisory lock: two branches moved under each other at once would each look fine.
    """

    def __init__(self, table: str, *, column: str = "parent_id"):
        super().__init__(
            sql=f"""
                CREATE FUNCTION {table}_no_circle() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_xact_lock(hashtext('{table}'));
                    IF EXISTS (
                        WITH RECURSIVE up(id) AS (
                            SELECT NEW.{column}
                            UNION
                            SELECT t.{column} FROM {table} t JOIN up ON t.id = up.id
                        )
                        SELECT 1 FROM up WHERE id = NEW.id
                    ) THEN
                        RAISE EXCEPTION '{table}: % would lie under itself', NEW.id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER {table}_no_circle BEFORE INSERT OR UPDATE OF {column} ON {table}
                    FOR EACH ROW WHEN (NEW.{column} IS NOT NULL) EXECUTE FUNCTION {table}_no_circle();
            """,
            reverse_sql=f"DROP FUNCTION {table}_no_circle() CASCADE;",
        )
