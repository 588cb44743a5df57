"""Signatures of Standard Webhooks, by their own example."""

from __future__ import annotations

import base64

import pytest

from markerd.config.keys import Secret, UnusableKeyError
from markerd.handover.signature import check_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_")])
def test_known_signature(secret: str) -> None:
    """The example of the reference implementations."""
    signature = sign(Secret(secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("whsec_not base64", "is not base64"), ("s3cret", "is not base64"), ("", "has 0 bytes"),
        (base64.b64encode(b"x" * 23).decode(), "has 23 bytes, not 24 to 64"),
        (base64.b64encode(b"x" * 65).decode(), "has 65 bytes, not 24 to 64"),
    ],
)  # fmt: skip
def test_secret_that_is_none(secret: str, reason: str) -> None:
    """It is refused, and not shown."""
    with pytest.raises(UnusableKeyError, match=reason) as caught:
        check_secret(Secret(secret))
    assert "make one with `openssl rand -base64 32`" in str(caught.value)
    assert not secret or secret not in str(caught.value)
