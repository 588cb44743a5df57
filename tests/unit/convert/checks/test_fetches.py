"""What a document wanted fetched, told within bounds."""

from __future__ import annotations

from markerd.convert.checks.blocked_fetches import RefusedFetches


def test_many_are_told_by_the_first_and_their_number() -> None:
    """Each address once, ten of them, short and harmless; the next document begins anew."""
    refused = RefusedFetches()
    for number in range(10_000):
        refused.add(f"http://example.org/{number // 2}\n" + "x" * 1000)
    urls, count = refused.take()
    assert count == 10_000
    assert len(set(urls)) == len(urls) == 10
    assert urls[0].startswith("http://example.org/0\\nxxx")
    assert max(map(len, urls)) < 210
    assert refused.take() == ([], 0)
