"""send mails once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "202611261030"
down_revision = "202611261015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("mails", sa.Column("dedupe_key", sa.String(), nullable=True))
    # a table of a week's mails: short enough to be indexed in place
    op.create_index("uq_mails_dedupe_key", "mails", ["dedupe_key"], unique=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_mails_dedupe_key", table_name="mails")
    op.drop_column("mails", "dedupe_key")
