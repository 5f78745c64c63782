"""Which IP addresses belong to the public internet: everything that is not surely public is not."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# What Python calls global and a fetch still has no business with.
_REFUSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "168.63.129.16/32",  # Azure's metadata and agent service
            "192.0.0.0/24",  # protocol assignments, among them a cloud's metadata service
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",  # 6to4 relays
            "192.175.48.0/24",
        ),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, ORCHID and other protocol assignments
            "2001:db8::/32",
            "2002::/16",  # 6to4: an IPv4 address in disguise, and nobody's way any more
            "3fff::/20",
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def parse(text: str) -> Address | None:
    """An address in its usual form; None for names, and for "127.1", "0x7f000001" and the like."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """True for global unicast; an IPv6 address that only carries an IPv4 address is judged by that one."""
    if isinstance(address, IPv6Address):
        return _is_public_v6(address)
    refused = not address.is_global or address.is_multicast or address.is_reserved or address.is_loopback
    return not refused and not any(address in network for network in _REFUSED_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id:
        return False
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _GLOBAL_UNICAST and address.is_global and not any(address in network for network in _REFUSED_V6)
