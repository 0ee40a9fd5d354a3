"""PURE. Which addresses this server may be sent to: forms of hosts, and tables of refused ones."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

INVALID = "Invalid URL format"
ONLY_HTTP = "Only HTTP and HTTPS protocols are allowed"
ONLY_HTTPS = "Only HTTPS URLs are allowed"
BLOCKED = "Blocked hostname"
PRIVATE = "Private IP address"
RESOLVES_TO_PRIVATE = "Hostname resolves to private IP"
TOO_LONG = "URL is too long"
MAX_URL_BYTES = 2048


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Cloud metadata services and the whole IPv4 link-local range: refused in every mode.
METADATA_NAMES = {"metadata.google.internal", "metadata.google.com"}
METADATA = _networks("169.254.0.0/16", "100.100.100.200/32", "fd00:ec2::254/128")
LOCAL_NAMES = {"localhost", "ip6-localhost", "ip6-loopback"}
NOT_PUBLIC = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "100::/64",
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
)
# IPv6 forms that carry an IPv4 address: the address behind them counts as well.
_NAT64 = _networks("64:ff9b::/96", "64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")


def url_refusal(url: str, *, public_only: bool) -> str | None:
    """Why nothing may be sent to this URL, or None; looks at its text alone, resolves nothing.

    `public_only` (the hosted mode) takes only https and public addresses.
    """
    if len(url.encode(errors="replace")) > MAX_URL_BYTES:
        return TOO_LONG
    return _refusal(url, public_only)


@lru_cache(maxsize=1024)
def _refusal(url: str, public_only: bool) -> str | None:
    if re.search(r"[\x00-\x1f\x7f\\]", url) or not re.match(r"[a-z][a-z0-9+.-]*:", url, re.I):
        return INVALID
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        if host and not host.isascii():
            host = host.encode("idna").decode()  # wide digits and full stops are plain ones, too
    except ValueError:
        return INVALID
    if host and host_refusal(host, public_only=False):
        return BLOCKED
    if public_only and parts.scheme != "https":
        return ONLY_HTTPS
    if parts.scheme not in ("http", "https"):
        return ONLY_HTTP
    if not host or port == 0 or not _well_formed(host):
        return INVALID
    return host_refusal(host, public_only=public_only)


def _well_formed(host: str) -> bool:
    """Whether a name can be looked up at all, after IDNA."""
    if literal(host) is not None:
        return True
    try:
        ascii_host = host.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return False
    labels = ascii_host.split(".")
    return len(ascii_host) <= 253 and all(
        re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", label) for label in labels
    )


def host_refusal(host: str, *, public_only: bool) -> str | None:
    """Why a host of a URL is refused by its name or its literal address, or None."""
    name = host.lower().rstrip(".")
    address = literal(name)
    if address is None:
        local = name in LOCAL_NAMES or name.endswith(".localhost")
        return BLOCKED if name in METADATA_NAMES or (public_only and local) else None
    if is_metadata(address):
        return BLOCKED
    if public_only and not is_public(address):
        named = address in (IPv4Address("127.0.0.1"), IPv4Address(0), IPv6Address("::1"))
        return BLOCKED if named else PRIVATE
    return None


def address_refusal(address: Address, *, public_only: bool) -> str | None:
    """Why an address that a name resolved to may not be dialled, or None."""
    if is_metadata(address) or (public_only and not is_public(address)):
        return RESOLVES_TO_PRIVATE
    return None


def is_metadata(address: Address) -> bool:
    return any(_within(one, METADATA) for one in _behind(address))


def is_public(address: Address) -> bool:
    """False for private, local, documentation, multicast and reserved addresses, in whatever form
    of IPv6 they hide."""
    return not any(_within(one, METADATA) or _within(one, NOT_PUBLIC) for one in _behind(address))


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == net.version and address in net for net in networks)


def _behind(address: Address) -> list[Address]:
    """The address and the IPv4 address that it carries."""
    found: list[Address] = [address]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        elif address.teredo is not None:
            found += address.teredo
        elif _within(address, _NAT64) or (address in _COMPATIBLE and int(address) > 1):
            found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def literal(host: str) -> Address | None:
    """The address that a host of a URL is, in any form that resolvers understand: IPv6 with or
    without brackets and zone, dotted, short, decimal, octal and hexadecimal IPv4."""
    text = host.strip("[]").partition("%")[0].rstrip(".")
    if ":" in text:
        try:
            address = IPv6Address(text)
        except ValueError:
            return None
        return address.ipv4_mapped or address
    return _ipv4(text)


def _ipv4(text: str) -> IPv4Address | None:
    """`inet_aton`: one to four numbers, the last of which fills the rest of the 32 bits."""
    parts = text.split(".")
    numbers = [_number(part) for part in parts]
    if len(parts) > 4 or any(number is None for number in numbers):
        return None
    *leading, last = [number for number in numbers if number is not None]
    if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
        return None
    value = last
    for place, number in enumerate(leading):
        value += number << 8 * (3 - place)
    return IPv4Address(value)


def _number(text: str) -> int | None:
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        return int(text, 16)
    if re.fullmatch(r"0[0-7]{0,22}", text):
        return int(text, 8)
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,19}", text) else None


def parse(text: str) -> Address:
    """The address of a resolver's answer; an IPv6 zone is cut off."""
    return ip_address(text.partition("%")[0])
