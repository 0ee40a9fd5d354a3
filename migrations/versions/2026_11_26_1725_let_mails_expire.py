"""let mails expire"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "202611261725"
down_revision = "202611261420"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("mails", sa.Column("depends_on", postgresql.JSONB(), nullable=True))
    op.add_column("mails", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("mails", "expires_at")
    op.drop_column("mails", "depends_on")
