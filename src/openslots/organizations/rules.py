"""Slugs, usernames inside an organisation, and which addresses say who somebody works for."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SLUG = 63  # it is a label of a host name

# Addresses there say nothing about an employer.
FREE_MAIL = {
    "aol.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
    "yandex.ru",
    "zoho.com",
}
EXAMPLES = {"example.com", "example.net", "example.org"}


def slugify(text: str) -> str:
    """Lower-case ASCII letters and digits, with single hyphens and dots between them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")


def is_slug(text: str) -> bool:
    return (
        0 < len(text) <= LONGEST_SLUG
        and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", text) is not None
    )


def employer_domain(email: str) -> str | None:
    """The domain whose people join by themselves: that of the owner, unless anybody can have an
    address there."""
    domain = email.rpartition("@")[2].lower()
    special = {"example", "invalid", "localhost", "test"}
    if domain in FREE_MAIL | EXAMPLES or domain.rpartition(".")[2] in special:
        return None
    return domain


def username_inside(username: str | None, email: str, own_domain: str | None) -> str:
    """The name of a member inside an organisation: the one they have, else made of the address
    (organisation notes, section 9)."""
    if username:
        return username
    local, _, domain = email.rpartition("@")
    if domain == own_domain:
        return slugify(local) or "member"
    return slugify(f"{local}-{domain.partition('.')[0]}") or "member"
