"""cover busy times"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611261420"
down_revision = "202611261120"
branch_labels = None
depends_on = None

# The index, its table and columns, what it includes now, and its further options.
INDEXES = (
    (
        "ix_bookings_organizer_id_start_at",
        "bookings",
        ["organizer_id", "start_at", "id"],
        ["end_at", "event_type_id", "seated", "status", "uid"],
        {},
    ),
    (
        "ix_booking_hosts_host_id_during",
        "booking_hosts",
        [sa.literal_column("int8range(host_id, host_id, '[]')"), "during"],
        ["host_id", "booking_id"],
        {"postgresql_using": "gist"},
    ),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # An index is enough for rows that a vacuum has seen. New bookings are those that are asked for.
    for table in ("bookings", "booking_hosts"):
        op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = 0.02)")
    replace(covering=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("bookings", "booking_hosts"):
        op.execute(f"ALTER TABLE {table} RESET (autovacuum_vacuum_insert_scale_factor)")
    replace(covering=False)


def replace(*, covering: bool) -> None:
    """Others read and write meanwhile, and have the old index until the new one is complete. A run
    that was cut off is begun again."""
    with op.get_context().autocommit_block():
        for name, table, columns, include, options in INDEXES:
            op.drop_index(f"{name}_new", postgresql_concurrently=True, if_exists=True)
            op.create_index(
                f"{name}_new",
                table,
                columns,
                postgresql_include=include if covering else [],
                postgresql_concurrently=True,
                **options,
            )
            op.drop_index(name, postgresql_concurrently=True, if_exists=True)
            op.execute(f"ALTER INDEX {name}_new RENAME TO {name}")
