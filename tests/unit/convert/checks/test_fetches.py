"""What a document wanted fetched, told within bounds."""

from __future__ import annotations

from markerd.convert.checks.blocked_fetches import RefusedFetches


def test_refused_fetches_are_reported_by_first_ten_and_count() -> None:
    """Each address is named once, ten at most, short and harmless; the next document starts anew."""
    refused = RefusedFetches()
    for number in range(10_000):
        refused.add(f"http://example.org/{number // 2}\n" + "x" * 1000)
    urls, count = refused.take()
    assert count == 10_000
    assert len(set(urls)) == len(urls) == 10
    assert urls[0].startswith("http://example.org/0\\nxxx")
    assert max(map(len, urls)) < 210
    assert refused.take() == ([], 0)
