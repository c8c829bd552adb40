"""Triggers that make billing tables append-only, in the words of each database.

A batch row comes first and says how many lines and refusals it has; places beyond that do not exist, so
nothing can be added to a batch once it is complete. SQLite's REPLACE deletes without a delete trigger: the
insert triggers refuse a row that is there already.
"""

from __future__ import annotations

from alembic import op

MESSAGE = "a closed billing batch never changes"
# PostgreSQL's word for a broken constraint, so that the refusal reads as one on both databases.
RAISE = f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'"
COUNTS = {"billing_line": "line_count", "billing_refusal": "refusal_count"}
TABLES = ("billing_batch", *COUNTS)


def freeze_billing() -> None:
    """Make the billing tables append-only."""
    statements = {"sqlite": _sqlite, "postgresql": _postgresql}[op.get_context().dialect.name]
    for statement in statements():
        op.execute(statement)


def _outside(table: str) -> str:
    count = f"(SELECT {COUNTS[table]} FROM billing_batch WHERE id = NEW.batch_id)"  # noqa: S608 - our own names
    return f"NEW.position < 0 OR NEW.position >= {count}"


def _same(table: str) -> str:
    key = "id = NEW.id OR period = NEW.period"
    if table in COUNTS:
        key = "batch_id = NEW.batch_id AND position = NEW.position"
    return f"EXISTS (SELECT 1 FROM {table} WHERE {key})"  # noqa: S608 - our own names


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    statements = []
    for table in TABLES:
        refused = f"{_outside(table)} OR {_same(table)}" if table in COUNTS else _same(table)
        statements += [
            f"CREATE TRIGGER {table}_never_updated BEFORE UPDATE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_never_deleted BEFORE DELETE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_never_replaced BEFORE INSERT ON {table} WHEN {refused} {refuse}",
        ]
    return statements


def _postgresql() -> list[str]:
    statements = [_function("billing_never_changes", RAISE)]
    for table in TABLES:
        never = "EXECUTE FUNCTION billing_never_changes()"
        statements += [
            f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {never}",
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {never}",
        ]
    for table in COUNTS:
        body = f"IF {_outside(table)} THEN {RAISE}; END IF; RETURN NEW"
        statements += [
            _function(f"{table}_within_batch", body),
            f"CREATE TRIGGER {table}_within_batch BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_within_batch()",
        ]
    return statements


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$"
