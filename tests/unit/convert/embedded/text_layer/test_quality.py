"""The judge of garbled text."""

from __future__ import annotations

import pytest

from markerd.convert.embedded.text_layer.quality import estimate_garbled
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

ENGLISH = (
    "The daemon watches a folder and converts each document that is dropped there. It keeps its models in memory, "
    "writes the result beside the source, and tells in its log what it did and how long every single step has taken."
)
GOOD = {
    "english": ENGLISH,
    "german": "Der Dienst überwacht einen Ordner und wandelt jedes Dokument um, das dort abgelegt wird; Angstschweiß, "
    "Rechtsschutzversicherung und Strumpfhosen kommen dabei gelegentlich vor, schrecken ihn aber überhaupt nicht ab.",
    "french": "Le service surveille un dossier et convertit chaque document que l'on y dépose, sans rien perdre, "
    "puis il écrit le résultat à côté de la source et dit dans son journal ce qu'il a fait et en combien de temps.",
    "polish": "Usługa obserwuje folder i przekształca każdy dokument, który tam trafi; wszystkie wyniki zapisuje obok "
    "źródła, a w dzienniku podaje, co zrobiła i jak długo trwał każdy krok, bezwzględnie i wszystko po kolei.",
    "vietnamese": "Dịch vụ này theo dõi một thư mục và chuyển đổi từng tài liệu được thả vào đó, những kết quả được "
    "ghi bên cạnh nguồn, trong nhật ký ghi rõ những việc đã làm và mất bao nhiêu thời gian cho từng bước.",
    "russian": "Служба следит за папкой и преобразует каждый документ, который туда попадает.",
    "chinese": "该服务监视文件夹并转换放入其中的每个文档。不会丢失任何内容。",
    "arabic": "تراقب الخدمة مجلدًا وتحول كل مستند يوضع فيه دون أن تفقد شيئًا.",
    "numbers": "12.5 13.7 1,204 99 % 2024-01-02 17:45 +3 -4 0.001 1e-9 " * 5,
    "code": 'for (int i = 0; i < n; i++) { strncpy(dst + i, src, sizeof(*src)); printf("%d\\n", ctx->fd); } '
    "static inline void *kmalloc(size_t sz, gfp_t flags) { return __kmalloc(sz, flags | GFP_KERNEL); }",
    "acronyms": "HTML CSS PDF XML JSON HTTP TCP UDP DNS SMTP FTP SSH TLS RSA AES SHA GPU CPU RAM ROM USB VGA",
    "capitals": ENGLISH.upper(),
    "short": "Fig. 3",
    "empty": "",
}
SHIFTED = "".join(chr(ord(c) - 29) if c.isalpha() else c for c in ENGLISH.lower())
CAESAR = "".join(chr((ord(c) - 97 + 7) % 26 + 97) if c.isalpha() else c for c in ENGLISH.lower())
BAD = {
    "cid": "(cid:72)(cid:101)(cid:108)(cid:108)(cid:111) (cid:87)(cid:111)(cid:114)",
    "replacement": "T\ufffde d\ufffdemon w\ufffdtch\ufffds a f\ufffdlder",
    "private": "".join(chr(0xE000 + ord(c)) for c in ENGLISH),
    "control": "".join(chr(ord(c) % 32) if c.isalpha() else c for c in ENGLISH),
    "shifted": SHIFTED,
    "caesar": CAESAR,
    "no vowels": " ".join(w.translate(str.maketrans("aeiouy", "xkzqwv")) for w in ENGLISH.split()),
}


@pytest.mark.parametrize("name", GOOD)
def test_natural_text_is_good(name: str) -> None:
    """Any script, numbers, code, acronyms and short pieces pass."""
    assert estimate_garbled(GOOD[name]) < THRESHOLDS.min_bad


@pytest.mark.parametrize("name", BAD)
def test_text_of_a_broken_mapping_is_bad(name: str) -> None:
    """Text that nobody writes is found."""
    assert estimate_garbled(BAD[name]) >= THRESHOLDS.min_bad
