"""Signs deliveries as Standard Webhooks 1.0 says, so that a receiver knows whom they are from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from markerd.config.keys import Secret, UnusableKeyError

PREFIX = "whsec_"
"""Before a secret in base64; it may be missing."""
_LEAST_BYTES, _MOST_BYTES = 24, 64
"""Of a secret, by the specification."""


def check_secret(secret: Secret) -> None:
    """Raises UnusableKeyError for what is no secret by the specification; the message does not show it."""
    _decode(secret)


def sign(secret: Secret, key: str, timestamp: int, body: bytes) -> str:
    """Sign the body with the delivery's key and the time of the attempt; return the value of `webhook-signature`."""
    signed = f"{key}.{timestamp}.".encode() + body
    digest = hmac.new(_decode(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _decode(secret: Secret) -> bytes:
    hint = "make one with `openssl rand -base64 32`"
    try:
        decoded = base64.b64decode(secret.get_secret_value().removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise UnusableKeyError(f"the secret is not base64: {hint}") from error
    if not _LEAST_BYTES <= len(decoded) <= _MOST_BYTES:
        raise UnusableKeyError(f"the secret has {len(decoded)} bytes, not {_LEAST_BYTES} to {_MOST_BYTES}: {hint}")
    return decoded
