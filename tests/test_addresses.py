"""Which addresses are public: a table of the ones that matter, and the rule behind it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.addresses import refusal

PUBLIC = ["93.184.216.34", "8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "::1",
    "fd00::1",
    "2001:db8::1",
    "3fff::1",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "100.100.100.200",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "fe80::1",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_connected_to(address: str) -> None:
    """The open internet is where callers' songs lie."""
    assert refusal(ip_address(address)) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_permission(address: str) -> None:
    """A self-hoster may open the own network, nobody else."""
    assert refusal(ip_address(address))
    assert refusal(ip_address(address), allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_connected_to(address: str) -> None:
    """Metadata services, multicast and IPv4 hidden in IPv6 stay closed, permission or not."""
    assert refusal(ip_address(address))
    assert refusal(ip_address(address), allow_private=True)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_ipv4_address_is_public_that_python_knows_as_not(address: IPv4Address) -> None:
    """Where Python's own table says private or multicast, ours refuses too."""
    if not address.is_global or address.is_multicast:
        assert refusal(address)


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_ipv6_outside_global_unicast_is_refused(address: IPv6Address) -> None:
    """Of IPv6 only 2000::/3 is the public internet."""
    if int(address) >> 125 != 0b001:
        assert refusal(address)
