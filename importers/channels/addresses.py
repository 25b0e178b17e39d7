"""Which addresses are of the internet, and which of this machine, the network around it, or the cloud it runs in."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_INTERNET = IPv6Network("2000::/3")
"""All of IPv6 that is given to anybody: https://www.iana.org/assignments/ipv6-address-space"""

_RESERVED = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)
"""
Of special purpose, though Python 3.11 takes some of them for global ones:
https://www.iana.org/assignments/iana-ipv4-special-registry, and the same for IPv6.
"""

_OF_CLOUDS = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # nearly all of them
            "fd00:ec2::254",  # Amazon
            "fd20:ce::254",  # Google
            "168.63.129.16",  # Azure, where it looks like any other address
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "169.254.170.2",  # containers at Amazon
            "169.254.170.23",
            "fd00:ec2::23",
        ),
    )
)
"""Where a machine in a cloud is told its secrets."""

_EMBEDDING = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
"""Ends in the IPv4 address that is meant: compatible, mapped, translated (RFC 2765), NAT64."""


def meant(address: str) -> tuple[Address, ...]:
    """What *address* leads to: itself, or the IPv4 addresses in it, by which something on the way may go."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address) or ip.is_loopback or ip.is_unspecified:
        return (ip,)
    if any(ip in network for network in _EMBEDDING):
        return (IPv4Address(int(ip) & 0xFFFFFFFF),)
    return ip.teredo or ((ip.sixtofour,) if ip.sixtofour else (ip,))


def tells_secrets(ip: Address) -> bool:
    """Whether clouds tell their machines there what nobody else may know."""
    return ip in _OF_CLOUDS


def is_private(ip: Address) -> bool:
    """Of this machine or of a network around one, and of nobody's on the internet."""
    if isinstance(ip, IPv6Address) and ip not in _INTERNET:
        return True
    reserved = any(ip in network for network in _RESERVED)
    return reserved or not ip.is_global or ip.is_multicast or _is_ours(ip)


def _is_ours(ip: Address) -> bool:
    """Whether this machine has the address: only of its own it may take a port."""
    family = socket.AF_INET if isinstance(ip, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(ip), 0))
    except OSError:
        return False
    return True
