"""cover busy times"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611261420"
down_revision = "202611261120"
branch_labels = None
depends_on = None

OWN = "ix_bookings_organizer_id_start_at"
TAKEN = "ix_booking_hosts_host_id_during"
HOST = "int8range(host_id, host_id, '[]')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        replace_own(["end_at", "event_type_id", "seated", "status", "uid"])
        replace_taken(["host_id", "booking_id"])
    # An index is enough for rows that a vacuum has seen. New bookings are those that are asked for.
    for table in ("bookings", "booking_hosts"):
        op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = 0.02)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    with op.get_context().autocommit_block():
        replace_own([])
        replace_taken([])
    for table in ("bookings", "booking_hosts"):
        op.execute(f"ALTER TABLE {table} RESET (autovacuum_vacuum_insert_scale_factor)")


def replace_own(include: list[str]) -> None:
    begin(OWN)
    op.create_index(
        f"{OWN}_new",
        "bookings",
        ["organizer_id", "start_at", "id"],
        postgresql_include=include,
        postgresql_concurrently=True,
    )
    end(OWN)


def replace_taken(include: list[str]) -> None:
    begin(TAKEN)
    op.create_index(
        f"{TAKEN}_new",
        "booking_hosts",
        [sa.literal_column(HOST), "during"],
        postgresql_using="gist",
        postgresql_include=include,
        postgresql_concurrently=True,
    )
    end(TAKEN)


# Others read and write meanwhile, and have the old index until the new one is complete. A run that
# was cut off is begun again.


def begin(name: str) -> None:
    op.drop_index(f"{name}_new", postgresql_concurrently=True, if_exists=True)


def end(name: str) -> None:
    op.drop_index(name, postgresql_concurrently=True, if_exists=True)
    op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
