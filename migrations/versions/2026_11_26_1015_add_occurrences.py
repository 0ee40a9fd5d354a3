"""add occurrences"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611261015"
down_revision = "20261126"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("bookings", sa.Column("occurrence_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("bookings", "occurrence_at")
