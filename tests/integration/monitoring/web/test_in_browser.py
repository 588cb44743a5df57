"""The status page in a real browser."""

from __future__ import annotations

from pathlib import Path

import browser
from markerd.config import Address


def test_a_browser_finds_the_numbers(address: Address) -> None:
    """Headless Chromium parses the page: its numbers are where they belong, and no script ran."""
    dom = browser.dom_of(f"http://{address}/").html
    assert '<dd id="published" class="">4,711</dd>' in dom
    assert '<dd id="dead" class="bad">2</dd>' in dom
    assert ">converting</span>" in dom
    assert "<title>converting" in dom
    assert "first.pdf" in dom
    assert "<script" not in dom


def test_a_browser_draws_light_and_dark(address: Address, tmp_path: Path) -> None:
    """The colours follow the reader's: the margin of the page is bright, or it is not."""
    page = f"http://{address}/"
    light = browser.screenshot(page, tmp_path / "light.png")
    dark = browser.screenshot(page, tmp_path / "dark.png", is_dark=True)
    assert browser.brightness(light) > 200
    assert browser.brightness(dark) < 60
