"""Tokens that an HTTP API asks for: who issued them, for whom, until when, and signed by whom.

The issuer's keys are fetched as API Gateway does it, by its OpenID configuration. Where they
cannot be, no token is believed: the request is answered with 401, and one line says why.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_SECONDS = 1.5
"""How long API Gateway waits for an issuer."""
_KEPT = 2 * 3600.0
"""How long it keeps the keys."""
_ALGORITHMS = ["RS256", "RS384", "RS512"]
"""API Gateway knows RSA alone."""


class Distrusted(Exception):  # noqa: N818 - it says what happened, as a reader would
    """A token is not believed; `scope` says that it is, but does not allow this."""

    def __init__(self, reason: str, *, scope: bool = False) -> None:
        super().__init__(reason)
        self.scope = scope


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a route asks of a token."""

    issuer: str
    audiences: Sequence[str]
    scopes: Sequence[str]


class Tokens:
    """Judges tokens; keeps each issuer's keys for two hours."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._keys: dict[str, tuple[float, KeySet]] = {}
        self._told: set[str] = set()

    async def judge(self, header: str, asked: Expected) -> dict[str, Any]:
        """Return what a function is told of a token.

        Raises:
            Distrusted: It is none, not for this API, or not to be verified.
        """
        token = header.strip()
        token = token[7:].strip() if token[:7].lower() == "bearer " else token
        keys = await self._keys_of(asked.issuer)
        try:
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError) as error:
            raise Distrusted(f"the token is not the issuer's: {error}") from error
        _check_claims(claims, asked)
        given = str(claims.get("scope") or "").split() or _words(claims.get("scp"))
        if asked.scopes and not set(asked.scopes) & set(given):
            raise Distrusted("the token has none of the scopes", scope=True)
        told = {name: _text(value) for name, value in claims.items()}
        return {"jwt": {"claims": told, "scopes": given or None}}

    async def _keys_of(self, issuer: str) -> KeySet:
        kept = self._keys.get(issuer)
        if kept is not None and time.monotonic() - kept[0] < _KEPT:
            return kept[1]
        try:
            keys = await _fetch_keys(issuer)
        except (aiohttp.ClientError, JoseError, OSError, ValueError, KeyError) as error:
            if issuer not in self._told:
                self._told.add(issuer)
                self._say(
                    f"no token of {issuer} can be verified, so each is answered with 401: its "
                    f"keys cannot be fetched ({type(error).__name__}: {error})"
                )
            raise Distrusted(f"the keys of {issuer} cannot be fetched") from error
        self._keys[issuer] = (time.monotonic(), keys)
        return keys


async def _fetch_keys(issuer: str) -> KeySet:
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session:
        place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        async with session.get(place) as answer:
            configuration = json.loads(await answer.read())
        async with session.get(configuration["jwks_uri"]) as answer:
            return KeySet.import_key_set(json.loads(await answer.read()))


def _check_claims(claims: Mapping[str, Any], asked: Expected) -> None:
    now = time.time()
    if claims.get("iss") != asked.issuer:
        raise Distrusted(f"the token is of {claims.get('iss')!r}")
    # A client's ID counts where the token names no audience, as Cognito's access tokens do.
    given = _words(claims.get("aud")) or _words(claims.get("client_id"))
    if not set(given) & set(asked.audiences):
        raise Distrusted(f"the token is for {given}")
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= now:
        raise Distrusted("the token has expired")
    for claim in ("nbf", "iat"):
        if isinstance(claims.get(claim), int | float) and claims[claim] > now:
            raise Distrusted("the token is not valid yet")


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return str(value).split() if value else []


def _text(value: Any) -> str:
    """Word a claim as API Gateway hands it over: all of them as text."""
    if isinstance(value, list):
        return f"[{' '.join(str(each) for each in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
