"""Which addresses a caller's URL may lead to: the public internet, and nothing behind our own door.

The tables follow IANA's registries of special-purpose addresses for IPv4 and
IPv6 (RFC 6890 and later entries, as of 2026). Of IPv6, only the global unicast
space 2000::/3 is public; inside it, what tunnels to an IPv4 address (6to4,
Teredo) is refused as well, since that address could be a private one.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NEVER: tuple[tuple[str, str], ...] = (
    ("169.254.0.0/16", "link-local"),
    ("100.100.100.200/32", "cloud metadata"),
    ("192.0.0.192/32", "cloud metadata"),
    ("fd00:ec2::254/128", "cloud metadata"),
    ("fd20:ce::254/128", "cloud metadata"),
    ("fe80::/10", "link-local"),
    ("0.0.0.0/8", "unspecified"),
    ("::/128", "unspecified"),
    ("224.0.0.0/4", "multicast"),
    ("ff00::/8", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::ffff:0:0/96", "tunnelled"),
    ("::ffff:0:0:0/96", "tunnelled"),
    ("64:ff9b::/96", "tunnelled"),
    ("64:ff9b:1::/48", "tunnelled"),
    ("2001::/32", "tunnelled"),
    ("2002::/16", "tunnelled"),
)
"""Refused even where private networks are allowed: nobody keeps songs there."""

_PRIVATE: tuple[tuple[str, str], ...] = (
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "private"),
    ("127.0.0.0/8", "loopback"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "reserved"),
    ("192.88.99.0/24", "reserved"),
    ("198.18.0.0/15", "private"),
    ("198.51.100.0/24", "reserved"),
    ("203.0.113.0/24", "reserved"),
    ("::1/128", "loopback"),
    ("fc00::/7", "private"),
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "reserved"),
    ("3fff::/20", "reserved"),
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")


def _networks(table: tuple[tuple[str, str], ...]) -> list[tuple[Network, str]]:
    return [
        (IPv6Network(text) if ":" in text else IPv4Network(text), reason) for text, reason in table
    ]


_NEVER_NETWORKS = _networks(_NEVER)
_PRIVATE_NETWORKS = _networks(_PRIVATE)


def refusal(address: Address, *, allow_private: bool = False) -> str | None:
    """Return what keeps an address from being connected to, as an adjective, or None if it may be."""
    never = _reason(address, _NEVER_NETWORKS)
    if never or allow_private:
        return never
    private = _reason(address, _PRIVATE_NETWORKS)
    if private is None and isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "reserved"
    return private


def _reason(address: Address, networks: list[tuple[Network, str]]) -> str | None:
    # An address is never in a network of the other version; `in` says so itself.
    return next((reason for network, reason in networks if address in network), None)
