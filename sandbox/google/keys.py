"""
RSA keys that are the same at every start, so that nothing signed yesterday is unknown today.

Each prime is the first one after a number made from the key's name, and how
far after is all that is written down. Such keys are for pretending only:
whoever reads this can make them, too.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_HALF = 1024
_EXPONENT = 65537
_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class BadTokenError(ValueError):
    """No JWT, or not signed with this key."""


@dataclass(frozen=True)
class Key:
    """`p` and `q` tell how far after the numbers of its name the primes are."""

    name: str
    p: int
    q: int

    @cached_property
    def id(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()[:40]

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        p, q = _stretched(f"{self.name}, p") + self.p, _stretched(f"{self.name}, q") + self.q
        secret = pow(_EXPONENT, -1, (p - 1) * (q - 1))
        parts = rsa.RSAPrivateNumbers(
            p=p,
            q=q,
            d=secret,
            dmp1=secret % (p - 1),
            dmq1=secret % (q - 1),
            iqmp=rsa.rsa_crt_iqmp(p, q),
            public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
        )
        return parts.private_key()

    @cached_property
    def private_pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @cached_property
    def certificate_pem(self) -> str:
        """Signed by itself, as Google's are."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(int(self.id[:16], 16) | 1)
            .not_valid_before(_FROM)
            .not_valid_after(_UNTIL)
            .sign(self.private, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def jwk(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "n": _coded(numbers.n.to_bytes(2 * _HALF // 8, "big")),
            "e": _coded(numbers.e.to_bytes(3, "big")),
        }

    def signed(self, claims: dict[str, Any]) -> str:
        """A JWT, RS256."""
        header = {"alg": "RS256", "kid": self.id, "typ": "JWT"}
        text = ".".join(_coded(msgspec.json.encode(part)) for part in (header, claims))
        return f"{text}.{_coded(self.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a JWT that this key has signed. Raises BadTokenError."""
        text, _, signature = token.rpartition(".")
        claims = claims_of(token)
        try:
            self.private.public_key().verify(_bytes(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError) as problem:
            raise BadTokenError(token) from problem
        return claims


def claims_of(token: str) -> dict[str, Any]:
    """What a JWT says, whoever signed it. Raises BadTokenError."""
    parts = token.split(".")
    try:
        claims = msgspec.json.decode(_bytes(parts[1])) if len(parts) == 3 else None
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise BadTokenError(token)
    return claims


def _stretched(name: str) -> int:
    """A number of exactly so many bits, odd, and so large that the product of two has twice as many."""
    drawn = int.from_bytes(hashlib.shake_256(name.encode()).digest(_HALF // 8), "big")
    return drawn | (3 << (_HALF - 2)) | 1


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(coded: str) -> bytes:
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))


OURS = Key("pretend Google, id tokens", 982, 556)
"""What Google signs id tokens with."""
ROBOT = Key("pretend Google, service account", 2016, 988)
"""The demo service account's."""
