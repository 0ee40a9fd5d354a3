"""Which URLs and addresses may be called, in the self-hosted and in the hosted mode."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from openslots.kernel import addresses

INVALID, HTTP, HTTPS, BLOCKED, PRIVATE = (
    addresses.INVALID,
    addresses.ONLY_HTTP,
    addresses.ONLY_HTTPS,
    addresses.BLOCKED,
    addresses.PRIVATE,
)


@pytest.mark.parametrize(
    ("url", "self_hosted", "hosted"),
    [
        ("https://example.com/in", None, None),
        ("https://example.com:8443/in?a=b#c", None, None),
        ("HTTPS://EXAMPLE.com/in", None, None),
        ("https://münchen.example/in", None, None),
        ("https://metadata。google。internal/in", BLOCKED, BLOCKED),
        ("https://１６９.２５４.１６９.２５４/in", BLOCKED, BLOCKED),
        ("https://１０.0.0.1/in", None, PRIVATE),
        ("https://93.184.216.34/in", None, None),
        ("https://[2606:2800:220:1::1]/in", None, None),
        ("http://example.com/in", None, HTTPS),
        ("http://localhost:9/in", None, HTTPS),
        ("https://localhost/in", None, BLOCKED),
        ("https://LocalHost./in", None, BLOCKED),
        ("https://app.localhost/in", None, BLOCKED),
        ("https://127.0.0.1/in", None, BLOCKED),
        ("https://[::1]/in", None, BLOCKED),
        ("https://0.0.0.0/in", None, BLOCKED),
        ("https://0/in", None, BLOCKED),
        ("https://2130706433/in", None, BLOCKED),
        ("https://0x7f.1/in", None, BLOCKED),
        ("https://0177.0.0.1/in", None, BLOCKED),
        ("https://[::ffff:127.0.0.1]/in", None, BLOCKED),
        ("https://127.0.0.2/in", None, PRIVATE),
        ("https://10.1.2.3/in", None, PRIVATE),
        ("https://172.16.0.1/in", None, PRIVATE),
        ("https://172.32.0.1/in", None, None),
        ("https://192.168.7.7:8080/in", None, PRIVATE),
        ("https://100.64.0.1/in", None, PRIVATE),
        ("https://198.18.0.1/in", None, PRIVATE),
        ("https://224.0.0.1/in", None, PRIVATE),
        ("https://255.255.255.255/in", None, PRIVATE),
        ("https://[fc00::1]/in", None, PRIVATE),
        ("https://[fe80::1]/in", None, PRIVATE),
        ("https://[64:ff9b::10.0.0.1]/in", None, PRIVATE),
        ("https://[2002:0a00:0001::1]/in", None, PRIVATE),
        ("http://169.254.169.254/latest/meta-data", BLOCKED, BLOCKED),
        ("https://169.254.169.254/", BLOCKED, BLOCKED),
        ("https://169.254.1.1/", BLOCKED, BLOCKED),
        ("https://2852039166/", BLOCKED, BLOCKED),
        ("https://0xa9fea9fe/", BLOCKED, BLOCKED),
        ("https://[::ffff:169.254.169.254]/", BLOCKED, BLOCKED),
        ("https://[::ffff:a9fe:a9fe]/", BLOCKED, BLOCKED),
        ("https://[64:ff9b::a9fe:a9fe]/", BLOCKED, BLOCKED),
        ("https://[fd00:ec2::254]/", BLOCKED, BLOCKED),
        ("https://100.100.100.200/", BLOCKED, BLOCKED),
        ("http://metadata.google.internal/computeMetadata/v1/", BLOCKED, BLOCKED),
        ("http://METADATA.google.internal./", BLOCKED, BLOCKED),
        ("ftp://169.254.169.254/", BLOCKED, BLOCKED),
        ("ftp://example.com/in", HTTP, HTTPS),
        ("file:///etc/passwd", HTTP, HTTPS),
        ("javascript:alert(1)", HTTP, HTTPS),
        ("data:image/png;base64,AAAA", HTTP, HTTPS),
        ("not a url", INVALID, INVALID),
        ("", INVALID, INVALID),
        ("example.com/in", INVALID, INVALID),
        ("https://", INVALID, INVALID),
        ("https:///in", INVALID, INVALID),
        ("https://exa mple.com/", INVALID, INVALID),
        ("https://example.com/\nHost: evil", INVALID, INVALID),
        ("https://example.com:99999/", INVALID, INVALID),
        ("https://example.com:abc/", INVALID, INVALID),
        ("https://[::1/", INVALID, INVALID),
        ("https://exa$mple.com/", INVALID, INVALID),
        ("https://a..b.com/", INVALID, INVALID),
        ("https://example.com/" + "x" * 2048, addresses.TOO_LONG, addresses.TOO_LONG),
    ],
)
def test_urls(url: str, self_hosted: str | None, hosted: str | None) -> None:
    assert addresses.url_refusal(url, public_only=False) == self_hosted
    assert addresses.url_refusal(url, public_only=True) == hosted


@pytest.mark.parametrize(
    ("text", "self_hosted", "hosted"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("10.0.0.1", True, False),
        ("127.0.0.1", True, False),
        ("::1", True, False),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("::ffff:10.0.0.1", True, False),
    ],
)
def test_addresses_that_names_resolve_to(text: str, self_hosted: bool, hosted: bool) -> None:
    for public_only, allowed in ((False, self_hosted), (True, hosted)):
        refusal = addresses.address_refusal(ip_address(text), public_only=public_only)
        assert (refusal is None) is allowed
