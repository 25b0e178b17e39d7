"""
Who somebody is: id tokens, user info and what tokens are worth.

Id tokens tell the machine's own time: who verifies them asks that clock, and
takes no other.
"""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from sandbox.google import scopes
from sandbox.google.accounts import Person
from sandbox.google.keys import OURS
from sandbox.google.tokens import Bearer

ISSUER = "https://accounts.google.com"
ID_SECONDS = 3600


def id_token(person: Person, audience: str, granted: tuple[str, ...], *, access: str = "", nonce: str = "") -> str:
    began = int(time.time())
    claims: dict[str, Any] = {"iss": ISSUER, "azp": audience, "aud": audience, "sub": person.sub}
    if person.domain:
        claims["hd"] = person.domain
    if scopes.EMAIL in granted:
        claims |= {"email": person.email, "email_verified": True}
    if access:
        claims["at_hash"] = _hash_of(access)
    if nonce:
        claims["nonce"] = nonce
    if scopes.PROFILE in granted:
        claims |= _profile(person)
    return OURS.signed({**claims, "iat": began, "exp": began + ID_SECONDS})


def user_info(person: Person, granted: frozenset[str]) -> dict[str, Any]:
    """As v3 and OpenID Connect write it."""
    told: dict[str, Any] = {"sub": person.sub}
    if scopes.PROFILE in granted:
        told |= _profile(person)
    if scopes.EMAIL in granted:
        told |= {"email": person.email, "email_verified": True}
        told |= {"hd": person.domain} if person.domain else {}
    return told


def user_info_v2(person: Person, granted: frozenset[str]) -> dict[str, Any]:
    told = user_info(person, granted)
    told["id"] = told.pop("sub")
    if "email_verified" in told:
        told["verified_email"] = told.pop("email_verified")
    return told


def token_info(bearer: Bearer, person: Person, seconds: int, *, is_offline: bool) -> dict[str, str]:
    """Every value is text, numbers and booleans, too."""
    told = {
        "azp": bearer.client_id,
        "aud": bearer.client_id,
        "sub": person.sub,
        "scope": " ".join(bearer.scopes),
        "exp": str(int(time.time()) + seconds),
        "expires_in": str(seconds),
    }
    if scopes.EMAIL in bearer.scopes:
        told |= {"email": person.email, "email_verified": "true"}
    return {**told, "access_type": "offline" if is_offline else "online"}


def token_info_v2(bearer: Bearer, person: Person, seconds: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "issued_to": bearer.client_id,
        "audience": bearer.client_id,
        "user_id": person.sub,
        "scope": " ".join(bearer.scopes),
        "expires_in": seconds,
    }
    if scopes.EMAIL in bearer.scopes:
        told |= {"email": person.email, "verified_email": True}
    return told


def _profile(person: Person) -> dict[str, str]:
    given, _, family = person.name.partition(" ")
    picture = f"https://lh3.googleusercontent.com/a/pretend-{person.sub[-4:]}=s96-c"
    return {"name": person.name, "picture": picture, "given_name": given, "family_name": family}


def _hash_of(access: str) -> str:
    half = hashlib.sha256(access.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).decode().rstrip("=")
