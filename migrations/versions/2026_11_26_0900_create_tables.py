"""create tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("scope", "key", name=op.f("uq_idempotency_keys_scope_key")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "jobs",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_done_at",
        "jobs",
        ["done_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_due",
        "jobs",
        ["run_at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index("uq_jobs_kind_key", "jobs", ["kind", "key"], unique=True)
    op.create_table(
        "mails",
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("to_name", sa.String(), nullable=True),
        sa.Column("from_name", sa.String(), nullable=True),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(
        "ix_mails_ended_at",
        "mails",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_table(
        "teams",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("is_organization", sa.Boolean(), nullable=False),
        sa.Column("is_platform", sa.Boolean(), nullable=False),
        sa.Column("pbac_enabled", sa.Boolean(), nullable=False),
        sa.Column("home_tz", sa.String(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["teams.id"], name=op.f("fk_teams_parent_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("parent_id", "slug", name=op.f("uq_teams_parent_id_slug")),
    )
    op.create_index(op.f("ix_teams_parent_id"), "teams", ["parent_id"], unique=False)
    op.create_index(
        "uq_teams_slug_top",
        "teams",
        ["slug"],
        unique=True,
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.create_table(
        "users",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("bio", sa.String(), nullable=True),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("home_tz", sa.String(), nullable=False),
        sa.Column("time_format", sa.Integer(), nullable=False),
        sa.Column("week_start", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("default_schedule_id", sa.BigInteger(), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending_email", sa.String(), nullable=True),
        sa.Column("allow_dynamic_booking", sa.Boolean(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("default_conferencing_app", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('USER', 'ADMIN')", name=op.f("ck_users_role")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.CheckConstraint("time_format IN (12, 24)", name=op.f("ck_users_time_format")),
        sa.ForeignKeyConstraint(
            ["default_schedule_id"],
            ["schedules.id"],
            name=op.f("fk_users_default_schedule_id_schedules"),
            ondelete="SET NULL",
            use_alter=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_index(
        op.f("ix_users_default_schedule_id"), "users", ["default_schedule_id"], unique=False
    )
    op.create_index(
        "ix_users_username_lower", "users", [sa.literal_column("lower(username)")], unique=False
    )
    op.create_table(
        "api_keys",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("hashed_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_api_keys_team_id_teams"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hashed_key", name=op.f("uq_api_keys_hashed_key")),
    )
    op.create_index(op.f("ix_api_keys_team_id"), "api_keys", ["team_id"], unique=False)
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False)
    op.create_table(
        "credit_balances",
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("additional", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("monthly_used", sa.Integer(), nullable=False),
        sa.Column("low_told", sa.Date(), nullable=True),
        sa.Column("empty_told", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("additional >= 0", name=op.f("ck_credit_balances_additional")),
        sa.CheckConstraint("monthly_used >= 0", name=op.f("ck_credit_balances_monthly_used")),
        sa.CheckConstraint(
            "num_nonnulls(user_id, team_id) = 1", name=op.f("ck_credit_balances_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_credit_balances_team_id_teams"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_credit_balances_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_balances")),
        sa.UniqueConstraint("team_id", name=op.f("uq_credit_balances_team_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_credit_balances_user_id")),
    )
    op.create_table(
        "email_changes",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_email_changes_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_changes")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_email_changes_token_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_email_changes_user_id")),
    )
    op.create_table(
        "memberships",
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("disable_impersonation", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('MEMBER', 'ADMIN', 'OWNER')", name=op.f("ck_memberships_role")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_memberships_team_id_teams"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("team_id", "user_id", name=op.f("uq_memberships_team_id_user_id")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "oauth_clients",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("redirect_uris", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("logo", sa.String(), nullable=True),
        sa.Column("website_url", sa.String(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("is_trusted", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("rejection_reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'APPROVED', 'REJECTED')", name=op.f("ck_oauth_clients_status")
        ),
        sa.CheckConstraint(
            "type IN ('CONFIDENTIAL', 'PUBLIC')", name=op.f("ck_oauth_clients_type")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name=op.f("fk_oauth_clients_owner_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_clients")),
    )
    op.create_index(op.f("ix_oauth_clients_owner_id"), "oauth_clients", ["owner_id"], unique=False)
    op.create_table(
        "out_of_office",
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("to_user_id", sa.BigInteger(), nullable=True),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("end_at > start_at", name=op.f("ck_out_of_office_order")),
        sa.ForeignKeyConstraint(
            ["to_user_id"],
            ["users.id"],
            name=op.f("fk_out_of_office_to_user_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_out_of_office_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_out_of_office")),
        sa.UniqueConstraint(
            "user_id", "start_at", "end_at", name=op.f("uq_out_of_office_user_id_start_at_end_at")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_out_of_office_uuid")),
    )
    op.create_index(
        op.f("ix_out_of_office_to_user_id"), "out_of_office", ["to_user_id"], unique=False
    )
    op.create_index(
        "ix_out_of_office_user_id_end_at", "out_of_office", ["user_id", "end_at"], unique=False
    )
    op.create_table(
        "profiles",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["teams.id"],
            name=op.f("fk_profiles_organization_id_teams"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_profiles_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint(
            "organization_id", "user_id", name=op.f("uq_profiles_organization_id_user_id")
        ),
        sa.UniqueConstraint(
            "organization_id", "username", name=op.f("uq_profiles_organization_id_username")
        ),
    )
    op.create_index(op.f("ix_profiles_user_id"), "profiles", ["user_id"], unique=False)
    op.create_table(
        "push_subscriptions",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "platform IN ('IOS', 'ANDROID')", name=op.f("ck_push_subscriptions_platform")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_push_subscriptions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("identifier", name=op.f("uq_push_subscriptions_identifier")),
    )
    op.create_index(
        op.f("ix_push_subscriptions_user_id"), "push_subscriptions", ["user_id"], unique=False
    )
    op.create_table(
        "schedules",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("local_tz", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_schedules_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_user_id"), "schedules", ["user_id"], unique=False)
    op.create_table(
        "secondary_emails",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_secondary_emails_email_lower")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_secondary_emails_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secondary_emails")),
        sa.UniqueConstraint("email", name=op.f("uq_secondary_emails_email")),
    )
    op.create_index(
        op.f("ix_secondary_emails_user_id"), "secondary_emails", ["user_id"], unique=False
    )
    op.create_table(
        "travel_schedules",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("travel_tz", sa.String(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_travel_schedules_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_travel_schedules")),
    )
    op.create_index(
        op.f("ix_travel_schedules_user_id"), "travel_schedules", ["user_id"], unique=False
    )
    op.create_table(
        "verification_codes",
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'phone')", name=op.f("ck_verification_codes_kind")),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_verification_codes_team_id_teams"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_verification_codes_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_codes")),
        sa.UniqueConstraint(
            "user_id",
            "team_id",
            "kind",
            "address",
            name=op.f("uq_verification_codes_user_id_team_id_kind_address"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_verification_codes_expires_at", "verification_codes", ["expires_at"], unique=False
    )
    op.create_table(
        "verified_emails",
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(user_id, team_id) = 1", name=op.f("ck_verified_emails_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_verified_emails_team_id_teams"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_verified_emails_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verified_emails")),
        sa.UniqueConstraint("team_id", "email", name=op.f("uq_verified_emails_team_id_email")),
        sa.UniqueConstraint("user_id", "email", name=op.f("uq_verified_emails_user_id_email")),
    )
    op.create_table(
        "verified_phones",
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("phone_number", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(user_id, team_id) = 1", name=op.f("ck_verified_phones_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_verified_phones_team_id_teams"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_verified_phones_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verified_phones")),
        sa.UniqueConstraint(
            "team_id", "phone_number", name=op.f("uq_verified_phones_team_id_phone_number")
        ),
        sa.UniqueConstraint(
            "user_id", "phone_number", name=op.f("uq_verified_phones_user_id_phone_number")
        ),
    )
    op.create_table(
        "api_key_limits",
        sa.Column("api_key_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("window_ms", sa.Integer(), nullable=False),
        sa.Column("block_ms", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"],
            ["api_keys.id"],
            name=op.f("fk_api_key_limits_api_key_id_api_keys"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key_limits")),
    )
    op.create_index(
        op.f("ix_api_key_limits_api_key_id"), "api_key_limits", ["api_key_id"], unique=False
    )
    op.create_table(
        "availabilities",
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("days", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("start_minute", sa.SmallInteger(), nullable=False),
        sa.Column("end_minute", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "end_minute BETWEEN 0 AND 1439", name=op.f("ck_availabilities_end_minute")
        ),
        sa.CheckConstraint(
            "start_minute BETWEEN 0 AND 1439", name=op.f("ck_availabilities_start_minute")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_availabilities_schedule_id_schedules"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availabilities")),
    )
    op.create_index(
        op.f("ix_availabilities_schedule_id"), "availabilities", ["schedule_id"], unique=False
    )
    op.create_table(
        "credit_charges",
        sa.Column("balance_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("from_monthly", sa.Integer(), nullable=False),
        sa.Column("from_additional", sa.Integer(), nullable=False),
        sa.Column("credit_for", sa.String(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["balance_id"],
            ["credit_balances.id"],
            name=op.f("fk_credit_charges_balance_id_credit_balances"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_credit_charges_user_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_charges")),
        sa.UniqueConstraint(
            "balance_id", "external_ref", name=op.f("uq_credit_charges_balance_id_external_ref")
        ),
    )
    op.create_index("ix_credit_charges_user_id", "credit_charges", ["user_id"], unique=False)
    op.create_table(
        "event_types",
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("scheduling_type", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("length_options", postgresql.ARRAY(sa.Integer()), nullable=True),
        sa.Column("locations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "booking_fields",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("schedule_id", sa.BigInteger(), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("slot_interval", sa.Integer(), nullable=True),
        sa.Column("offset_start", sa.Integer(), nullable=False),
        sa.Column("minimum_booking_notice", sa.Integer(), nullable=False),
        sa.Column("before_buffer", sa.Integer(), nullable=False),
        sa.Column("after_buffer", sa.Integer(), nullable=False),
        sa.Column("only_show_first_slot", sa.Boolean(), nullable=False),
        sa.Column("show_optimized_slots", sa.Boolean(), nullable=False),
        sa.Column("period_type", sa.String(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=True),
        sa.Column("period_calendar_days", sa.Boolean(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column(
            "booking_limits_count",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "booking_limits_duration",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("max_active_bookings", sa.Integer(), nullable=True),
        sa.Column("offer_reschedule", sa.Boolean(), nullable=False),
        sa.Column("requires_confirmation", sa.Boolean(), nullable=False),
        sa.Column("confirmation_blocks_slot", sa.Boolean(), nullable=False),
        sa.Column("confirmation_threshold_minutes", sa.Integer(), nullable=True),
        sa.Column("confirmation_threshold_unit", sa.String(), nullable=True),
        sa.Column(
            "recurrence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("seats_per_slot", sa.Integer(), nullable=True),
        sa.Column("seats_show_attendees", sa.Boolean(), nullable=False),
        sa.Column("seats_show_availability", sa.Boolean(), nullable=False),
        sa.Column(
            "booker_layouts",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "colors", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("custom_name", sa.String(), nullable=True),
        sa.Column("success_redirect_url", sa.String(), nullable=True),
        sa.Column("interface_language", sa.String(), nullable=True),
        sa.Column("locked_tz", sa.String(), nullable=True),
        sa.Column("lock_time_zone_toggle", sa.Boolean(), nullable=False),
        sa.Column("requires_email_verification", sa.Boolean(), nullable=False),
        sa.Column("booking_requires_authentication", sa.Boolean(), nullable=False),
        sa.Column("hide_calendar_notes", sa.Boolean(), nullable=False),
        sa.Column("hide_calendar_event_details", sa.Boolean(), nullable=False),
        sa.Column("hide_organizer_email", sa.Boolean(), nullable=False),
        sa.Column("custom_reply_to_email", sa.String(), nullable=True),
        sa.Column("disable_cancelling", sa.Boolean(), nullable=False),
        sa.Column("disable_rescheduling", sa.Boolean(), nullable=False),
        sa.Column("disable_rescheduling_minutes", sa.Integer(), nullable=True),
        sa.Column("allow_rescheduling_past", sa.Boolean(), nullable=False),
        sa.Column("allow_rescheduling_cancelled", sa.Boolean(), nullable=False),
        sa.Column("cancellation_reason_rule", sa.String(), nullable=False),
        sa.Column(
            "destination_calendar",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("use_destination_calendar_email", sa.Boolean(), nullable=False),
        sa.Column(
            "cal_video_settings",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("send_transcription_emails", sa.Boolean(), nullable=False),
        sa.Column("email_settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("assign_all_team_members", sa.Boolean(), nullable=False),
        sa.Column("reschedule_same_host", sa.Boolean(), nullable=False),
        sa.Column("weights_enabled", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "period_type IN ('unlimited', 'rolling', 'rolling_window', 'range')",
            name=op.f("ck_event_types_period_type"),
        ),
        sa.CheckConstraint(
            "scheduling_type IN ('collective', 'roundRobin', 'managed')",
            name=op.f("ck_event_types_scheduling_type"),
        ),
        sa.CheckConstraint(
            "(owner_id IS NULL) <> (team_id IS NULL)", name=op.f("ck_event_types_one_owner")
        ),
        sa.CheckConstraint("length > 0", name=op.f("ck_event_types_length")),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name=op.f("fk_event_types_owner_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["event_types.id"],
            name=op.f("fk_event_types_parent_id_event_types"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_event_types_schedule_id_schedules"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_event_types_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_types")),
        sa.UniqueConstraint(
            "owner_id", "parent_id", name=op.f("uq_event_types_owner_id_parent_id")
        ),
        sa.UniqueConstraint("owner_id", "slug", name=op.f("uq_event_types_owner_id_slug")),
        sa.UniqueConstraint("team_id", "slug", name=op.f("uq_event_types_team_id_slug")),
    )
    op.create_index(op.f("ix_event_types_parent_id"), "event_types", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_event_types_schedule_id"), "event_types", ["schedule_id"], unique=False
    )
    op.create_index(
        "ix_event_types_slug_lower", "event_types", [sa.literal_column("lower(slug)")], unique=False
    )
    op.create_table(
        "oauth_client_secrets",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_clients.id"],
            name=op.f("fk_oauth_client_secrets_client_id_oauth_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_client_secrets")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_oauth_client_secrets_secret_hash")),
    )
    op.create_index(
        op.f("ix_oauth_client_secrets_client_id"),
        "oauth_client_secrets",
        ["client_id"],
        unique=False,
    )
    op.create_table(
        "bookings",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_type_id", sa.BigInteger(), nullable=True),
        sa.Column("organizer_id", sa.BigInteger(), nullable=True),
        sa.Column("organizer_email", sa.String(), nullable=True),
        sa.Column("seated", sa.Boolean(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("video_call_url", sa.String(), nullable=True),
        sa.Column("responses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recurring_uid", sa.String(), nullable=True),
        sa.Column("ics_uid", sa.String(), nullable=False),
        sa.Column("ics_sequence", sa.Integer(), nullable=False),
        sa.Column("rescheduled", sa.Boolean(), nullable=False),
        sa.Column("from_reschedule", sa.String(), nullable=True),
        sa.Column("rescheduled_by", sa.String(), nullable=True),
        sa.Column("rescheduling_reason", sa.String(), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("cancellation_reason", sa.String(), nullable=True),
        sa.Column("rejection_reason", sa.String(), nullable=True),
        sa.Column("reassign_reason", sa.String(), nullable=True),
        sa.Column("reassign_by_id", sa.BigInteger(), nullable=True),
        sa.Column("no_show_host", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("rating_feedback", sa.String(), nullable=True),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("creation_source", sa.String(), nullable=False),
        sa.Column("one_time_password", sa.String(), nullable=True),
        sa.Column("sms_reminder_number", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('accepted', 'pending', 'cancelled', 'rejected', 'awaiting_host')",
            name=op.f("ck_bookings_status"),
        ),
        sa.CheckConstraint("end_at > start_at", name=op.f("ck_bookings_order")),
        sa.ForeignKeyConstraint(
            ["event_type_id"],
            ["event_types.id"],
            name=op.f("fk_bookings_event_type_id_event_types"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["users.id"],
            name=op.f("fk_bookings_organizer_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["reassign_by_id"],
            ["users.id"],
            name=op.f("fk_bookings_reassign_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("uid", name=op.f("uq_bookings_uid")),
    )
    op.create_index(
        "ix_bookings_event_type_id_start_at",
        "bookings",
        ["event_type_id", "start_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bookings_from_reschedule"), "bookings", ["from_reschedule"], unique=False
    )
    op.create_index(
        "ix_bookings_organizer_id_start_at",
        "bookings",
        ["organizer_id", "start_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_bookings_recurring_uid"), "bookings", ["recurring_uid"], unique=False)
    op.create_index("ix_bookings_start_at", "bookings", ["start_at", "id"], unique=False)
    op.create_index(
        "uq_bookings_seated_start",
        "bookings",
        ["event_type_id", "start_at"],
        unique=True,
        postgresql_where=sa.text("seated AND status IN ('accepted', 'pending')"),
    )
    op.create_table(
        "hosts",
        sa.Column("event_type_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.String(), nullable=True),
        sa.Column("schedule_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_type_id"],
            ["event_types.id"],
            name=op.f("fk_hosts_event_type_id_event_types"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_hosts_schedule_id_schedules"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_hosts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hosts")),
        sa.UniqueConstraint(
            "event_type_id", "user_id", name=op.f("uq_hosts_event_type_id_user_id")
        ),
    )
    op.create_index(op.f("ix_hosts_schedule_id"), "hosts", ["schedule_id"], unique=False)
    op.create_index(op.f("ix_hosts_user_id"), "hosts", ["user_id"], unique=False)
    op.create_table(
        "private_links",
        sa.Column("event_type_id", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_usage_count", sa.Integer(), nullable=False),
        sa.Column("usage_count", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("max_usage_count >= 1", name=op.f("ck_private_links_max_usage_count")),
        sa.CheckConstraint("usage_count >= 0", name=op.f("ck_private_links_usage_count")),
        sa.ForeignKeyConstraint(
            ["event_type_id"],
            ["event_types.id"],
            name=op.f("fk_private_links_event_type_id_event_types"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_links")),
        sa.UniqueConstraint("link", name=op.f("uq_private_links_link")),
    )
    op.create_index(
        op.f("ix_private_links_event_type_id"), "private_links", ["event_type_id"], unique=False
    )
    op.create_table(
        "slot_reservations",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("event_type_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_seat", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_type_id"],
            ["event_types.id"],
            name=op.f("fk_slot_reservations_event_type_id_event_types"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_slot_reservations_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_reservations")),
    )
    op.create_index(
        "ix_slot_reservations_event_type_id_start_at",
        "slot_reservations",
        ["event_type_id", "start_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_slot_reservations_release_at"), "slot_reservations", ["release_at"], unique=False
    )
    op.create_index(op.f("ix_slot_reservations_uid"), "slot_reservations", ["uid"], unique=False)
    op.create_index(
        "ix_slot_reservations_user_id_start_at",
        "slot_reservations",
        ["user_id", "start_at"],
        unique=False,
    )
    op.create_index(
        "uq_slot_reservations_hold",
        "slot_reservations",
        ["user_id", "start_at", "end_at", "uid"],
        unique=True,
    )
    op.create_table(
        "webhooks",
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("event_type_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("oauth_client_id", sa.String(), nullable=True),
        sa.Column("subscriber_url", sa.String(), nullable=False),
        sa.Column("triggers", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("payload_template", sa.String(), nullable=True),
        sa.Column("secret", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("time", sa.Integer(), nullable=True),
        sa.Column("time_unit", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(user_id, event_type_id, team_id, oauth_client_id) = 1",
            name=op.f("ck_webhooks_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["event_type_id"],
            ["event_types.id"],
            name=op.f("fk_webhooks_event_type_id_event_types"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_webhooks_team_id_teams"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_webhooks_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(
        "uq_webhooks_event_type_id_url",
        "webhooks",
        ["event_type_id", "subscriber_url"],
        unique=True,
    )
    op.create_index(
        "uq_webhooks_oauth_client_id_url",
        "webhooks",
        ["oauth_client_id", "subscriber_url"],
        unique=True,
    )
    op.create_index(
        "uq_webhooks_team_id_subscriber_url", "webhooks", ["team_id", "subscriber_url"], unique=True
    )
    op.create_index(
        "uq_webhooks_user_id_subscriber_url", "webhooks", ["user_id", "subscriber_url"], unique=True
    )
    op.create_table(
        "attendees",
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone_number", sa.String(), nullable=True),
        sa.Column("attendee_tz", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("absent", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["bookings.id"],
            name=op.f("fk_attendees_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendees")),
    )
    op.create_index(op.f("ix_attendees_booking_id"), "attendees", ["booking_id"], unique=False)
    op.create_index(
        "ix_attendees_email",
        "attendees",
        [sa.literal_column("lower(email)"), "booking_id"],
        unique=False,
    )
    op.create_table(
        "booking_hosts",
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("host_id", sa.BigInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(host_id, host_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("blocks"),
            using="gist",
            name="ex_booking_hosts_overlap",
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_booking_hosts_during")),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["bookings.id"],
            name=op.f("fk_booking_hosts_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["host_id"],
            ["users.id"],
            name=op.f("fk_booking_hosts_host_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("booking_id", "host_id", name=op.f("pk_booking_hosts")),
    )
    op.create_index("ix_booking_hosts_host_id", "booking_hosts", ["host_id"], unique=False)
    op.create_index(
        "ix_booking_hosts_host_id_during",
        "booking_hosts",
        [sa.literal_column("int8range(host_id, host_id, '[]')"), "during"],
        unique=False,
        postgresql_using="gist",
    )
    op.create_table(
        "booking_references",
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("external_uid", sa.String(), nullable=False),
        sa.Column("meeting_url", sa.String(), nullable=True),
        sa.Column("meeting_password", sa.String(), nullable=True),
        sa.Column("external_calendar_id", sa.String(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["bookings.id"],
            name=op.f("fk_booking_references_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_references")),
    )
    op.create_index(
        op.f("ix_booking_references_booking_id"), "booking_references", ["booking_id"], unique=False
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("webhook_id", sa.String(length=36), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("booking_uid", sa.String(), nullable=True),
        sa.Column("status", sa.String(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'failed', 'dropped')",
            name=op.f("ck_webhook_deliveries_status"),
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("fk_webhook_deliveries_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_booking_uid"),
        "webhook_deliveries",
        ["booking_uid"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_deliveries_created_at", "webhook_deliveries", ["created_at"], unique=False
    )
    op.create_index(
        "ix_webhook_deliveries_webhook_id_created_at",
        "webhook_deliveries",
        ["webhook_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "booking_seats",
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("responses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"],
            ["attendees.id"],
            name=op.f("fk_booking_seats_attendee_id_attendees"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["bookings.id"],
            name=op.f("fk_booking_seats_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_seats")),
        sa.UniqueConstraint("attendee_id", name=op.f("uq_booking_seats_attendee_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_booking_seats_uid")),
    )
    op.create_index(
        op.f("ix_booking_seats_booking_id"), "booking_seats", ["booking_id"], unique=False
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("response", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name=op.f("fk_webhook_attempts_delivery_id_webhook_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
    )
    op.create_index(
        op.f("ix_webhook_attempts_delivery_id"), "webhook_attempts", ["delivery_id"], unique=False
    )
    op.create_foreign_key(
        "fk_users_default_schedule_id_schedules",
        "users",
        "schedules",
        ["default_schedule_id"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("fk_users_default_schedule_id_schedules", "users", type_="foreignkey")
    op.drop_index(op.f("ix_webhook_attempts_delivery_id"), table_name="webhook_attempts")
    op.drop_table("webhook_attempts")
    op.drop_index(op.f("ix_booking_seats_booking_id"), table_name="booking_seats")
    op.drop_table("booking_seats")
    op.drop_index("ix_webhook_deliveries_webhook_id_created_at", table_name="webhook_deliveries")
    op.drop_index("ix_webhook_deliveries_created_at", table_name="webhook_deliveries")
    op.drop_index(op.f("ix_webhook_deliveries_booking_uid"), table_name="webhook_deliveries")
    op.drop_table("webhook_deliveries")
    op.drop_index(op.f("ix_booking_references_booking_id"), table_name="booking_references")
    op.drop_table("booking_references")
    op.drop_index(
        "ix_booking_hosts_host_id_during", table_name="booking_hosts", postgresql_using="gist"
    )
    op.drop_index("ix_booking_hosts_host_id", table_name="booking_hosts")
    op.drop_table("booking_hosts")
    op.drop_index("ix_attendees_email", table_name="attendees")
    op.drop_index(op.f("ix_attendees_booking_id"), table_name="attendees")
    op.drop_table("attendees")
    op.drop_index("uq_webhooks_user_id_subscriber_url", table_name="webhooks")
    op.drop_index("uq_webhooks_team_id_subscriber_url", table_name="webhooks")
    op.drop_index("uq_webhooks_oauth_client_id_url", table_name="webhooks")
    op.drop_index("uq_webhooks_event_type_id_url", table_name="webhooks")
    op.drop_table("webhooks")
    op.drop_index("uq_slot_reservations_hold", table_name="slot_reservations")
    op.drop_index("ix_slot_reservations_user_id_start_at", table_name="slot_reservations")
    op.drop_index(op.f("ix_slot_reservations_uid"), table_name="slot_reservations")
    op.drop_index(op.f("ix_slot_reservations_release_at"), table_name="slot_reservations")
    op.drop_index("ix_slot_reservations_event_type_id_start_at", table_name="slot_reservations")
    op.drop_table("slot_reservations")
    op.drop_index(op.f("ix_private_links_event_type_id"), table_name="private_links")
    op.drop_table("private_links")
    op.drop_index(op.f("ix_hosts_user_id"), table_name="hosts")
    op.drop_index(op.f("ix_hosts_schedule_id"), table_name="hosts")
    op.drop_table("hosts")
    op.drop_index(
        "uq_bookings_seated_start",
        table_name="bookings",
        postgresql_where=sa.text("seated AND status IN ('accepted', 'pending')"),
    )
    op.drop_index("ix_bookings_start_at", table_name="bookings")
    op.drop_index(op.f("ix_bookings_recurring_uid"), table_name="bookings")
    op.drop_index("ix_bookings_organizer_id_start_at", table_name="bookings")
    op.drop_index(op.f("ix_bookings_from_reschedule"), table_name="bookings")
    op.drop_index("ix_bookings_event_type_id_start_at", table_name="bookings")
    op.drop_table("bookings")
    op.drop_index(op.f("ix_oauth_client_secrets_client_id"), table_name="oauth_client_secrets")
    op.drop_table("oauth_client_secrets")
    op.drop_index("ix_event_types_slug_lower", table_name="event_types")
    op.drop_index(op.f("ix_event_types_schedule_id"), table_name="event_types")
    op.drop_index(op.f("ix_event_types_parent_id"), table_name="event_types")
    op.drop_table("event_types")
    op.drop_index("ix_credit_charges_user_id", table_name="credit_charges")
    op.drop_table("credit_charges")
    op.drop_index(op.f("ix_availabilities_schedule_id"), table_name="availabilities")
    op.drop_table("availabilities")
    op.drop_index(op.f("ix_api_key_limits_api_key_id"), table_name="api_key_limits")
    op.drop_table("api_key_limits")
    op.drop_table("verified_phones")
    op.drop_table("verified_emails")
    op.drop_index("ix_verification_codes_expires_at", table_name="verification_codes")
    op.drop_table("verification_codes")
    op.drop_index(op.f("ix_travel_schedules_user_id"), table_name="travel_schedules")
    op.drop_table("travel_schedules")
    op.drop_index(op.f("ix_secondary_emails_user_id"), table_name="secondary_emails")
    op.drop_table("secondary_emails")
    op.drop_index(op.f("ix_schedules_user_id"), table_name="schedules")
    op.drop_table("schedules")
    op.drop_index(op.f("ix_push_subscriptions_user_id"), table_name="push_subscriptions")
    op.drop_table("push_subscriptions")
    op.drop_index(op.f("ix_profiles_user_id"), table_name="profiles")
    op.drop_table("profiles")
    op.drop_index("ix_out_of_office_user_id_end_at", table_name="out_of_office")
    op.drop_index(op.f("ix_out_of_office_to_user_id"), table_name="out_of_office")
    op.drop_table("out_of_office")
    op.drop_index(op.f("ix_oauth_clients_owner_id"), table_name="oauth_clients")
    op.drop_table("oauth_clients")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("email_changes")
    op.drop_table("credit_balances")
    op.drop_index(op.f("ix_api_keys_user_id"), table_name="api_keys")
    op.drop_index(op.f("ix_api_keys_team_id"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index("ix_users_username_lower", table_name="users")
    op.drop_index(op.f("ix_users_default_schedule_id"), table_name="users")
    op.drop_table("users")
    op.drop_index(
        "uq_teams_slug_top", table_name="teams", postgresql_where=sa.text("parent_id IS NULL")
    )
    op.drop_index(op.f("ix_teams_parent_id"), table_name="teams")
    op.drop_table("teams")
    op.drop_index(
        "ix_mails_ended_at", table_name="mails", postgresql_where=sa.text("ended_at IS NOT NULL")
    )
    op.drop_table("mails")
    op.drop_index("uq_jobs_kind_key", table_name="jobs")
    op.drop_index("ix_jobs_due", table_name="jobs", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_index(
        "ix_jobs_done_at", table_name="jobs", postgresql_where=sa.text("done_at IS NOT NULL")
    )
    op.drop_table("jobs")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
