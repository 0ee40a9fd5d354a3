"""Rows of OAuth clients and their secrets."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from openslots.models import OAuthClient, OAuthClientSecret


async def add_client(session: AsyncSession, client: OAuthClient) -> None:
    session.add(client)
    await session.flush()


async def add_secret(session: AsyncSession, client_id: str, secret_hash: str, hint: str) -> None:
    session.add(OAuthClientSecret(client_id=client_id, secret_hash=secret_hash, hint=hint))
    await session.flush()
