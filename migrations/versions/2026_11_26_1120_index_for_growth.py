"""index for growth"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611261120"
down_revision = "202611261030"
branch_labels = None
depends_on = None

REASSIGNED = "ix_bookings_reassign_by_id"
STARTS = "ix_bookings_start_at"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # at most one row per user, and only for a day or so
    op.create_index(
        "ix_email_changes_expires_at", "email_changes", ["expires_at"], if_not_exists=True
    )
    # Bookings may be many: without a lock that keeps others from writing. What a run that was cut
    # off left behind is of no use and goes first. Nothing asks for bookings by their start alone,
    # but Postgres was tempted to walk that index through all of them for a page of one host's.
    with op.get_context().autocommit_block():
        op.drop_index(REASSIGNED, postgresql_concurrently=True, if_exists=True)
        op.create_index(
            REASSIGNED,
            "bookings",
            ["reassign_by_id"],
            postgresql_where=sa.text("reassign_by_id IS NOT NULL"),
            postgresql_concurrently=True,
        )
        op.drop_index(STARTS, postgresql_concurrently=True, if_exists=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_email_changes_expires_at", table_name="email_changes", if_exists=True)
    with op.get_context().autocommit_block():
        op.drop_index(REASSIGNED, postgresql_concurrently=True, if_exists=True)
        op.drop_index(STARTS, postgresql_concurrently=True, if_exists=True)
        op.create_index(STARTS, "bookings", ["start_at", "id"], postgresql_concurrently=True)
