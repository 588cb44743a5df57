"""A stand-in for Surya's vision model behind OpenAI's interface: `python fake_vision.py PORT HABITS [--log FILE]`.

It checks that a request is as Surya sends it, and answers by the habit that the file HABITS names at that moment: "ok",
"error", "loop", "empty", "never", "slow", or "other NAME", which serves another model.
"""

from __future__ import annotations

import argparse
import base64
import json
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

MODEL = "datalab-to/surya-ocr-2"
HEADING, SENTENCE, BLOCK = "Read by the stand-in", "A bold word on the scanned page", "A block read by the stand-in"
SLOW_S = 3.0
GRID_PX = 28  # sides of an image are multiples of it
MOST_PX = 3072 * 2048

LAYOUT_ANSWER = json.dumps([
    {"label": "Section-Header", "bbox": "50 50 950 150", "count": 50},
    {"label": "Text", "bbox": "50 150 950 950", "count": 400},
])  # fmt: skip
PAGE_ANSWER = (
    f'<div data-label="Section-Header" data-bbox="50 50 950 150"><h1>{HEADING}</h1></div>'
    f'<div data-label="Text" data-bbox="50 150 950 500"><p>{SENTENCE}.</p></div>'
)


def build_answers() -> dict[str, tuple[str, str]]:
    """Map each prompt of Surya's to its kind and the answer. Imports surya."""
    from surya.inference.prompts import BLOCK_PROMPT, HIGH_ACCURACY_BBOX_PROMPT, LAYOUT_PROMPT

    return {
        LAYOUT_PROMPT: ("layout", LAYOUT_ANSWER),
        HIGH_ACCURACY_BBOX_PROMPT: ("page", PAGE_ANSWER),
        BLOCK_PROMPT: ("block", f"<p>{BLOCK}.</p>"),
    }


def find_faults(request: dict[str, Any], answers: dict[str, tuple[str, str]]) -> tuple[str, str, list[str]]:
    """Return the kind of the request, its answer, and what of it is not as Surya sends it."""
    messages = request.get("messages") or [{}]
    parts = messages[0].get("content") or []
    if len(messages) != 1 or [part["type"] for part in parts] != ["image_url", "text"]:
        return "", "", ["not one message with an image and a text"]
    head, _, data = parts[0]["image_url"]["url"].partition(",")
    picture = base64.b64decode(data)
    width, height = struct.unpack(">II", picture[16:24])
    kind, answer = answers.get(parts[1]["text"], ("", ""))
    faults = {
        "not a PNG data URL": head != "data:image/png;base64" or picture[:8] != b"\x89PNG\r\n\x1a\n",
        "image not on the grid": width % GRID_PX or height % GRID_PX or width * height > MOST_PX,
        "unknown prompt": not kind,
        "response_format is for layout alone": (request.get("response_format") is not None) != (kind == "layout"),
    }
    return kind, answer, [name for name, is_there in faults.items() if is_there]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    habits = Path()
    log: Path | None = None
    answers: ClassVar[dict[str, tuple[str, str]]] = {}

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    @property
    def habit(self) -> list[str]:
        return self.habits.read_text().split() or ["ok"]

    @property
    def model(self) -> str:
        return self.habit[1] if self.habit[0] == "other" else MODEL

    def do_GET(self) -> None:
        if self.path == "/health":
            return self.answer(200, {"status": "ok"})
        if self.path == "/v1/models":
            return self.answer(200, {"object": "list", "data": [{"id": self.model, "object": "model"}]})
        return self.answer(404, {"error": {"message": "not found"}})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind, sound, faults = find_faults(request, self.answers)
        if self.log is not None:
            with self.log.open("a") as file:
                told = {"kind": kind, "faults": faults, "authorization": self.headers["Authorization"]}
                file.write(json.dumps(told) + "\n")
        if self.habit[0] == "error" or faults:
            return self.answer(400 if faults else 500, {"error": {"message": "; ".join(faults) or "refused"}})
        time.sleep({"never": 3600.0, "slow": SLOW_S}.get(self.habit[0], 0.0))
        text = {"empty": "", "loop": "<p>again</p>" * 400}.get(self.habit[0], sound)
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 10, "completion_tokens": len(text) // 4, "total_tokens": 10 + len(text) // 4}
        return self.answer(200, {
            "id": "1", "object": "chat.completion", "created": int(time.time()), "model": self.model,
            "choices": [choice], "usage": usage,
        })  # fmt: skip

    def answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("port", type=int)
    parser.add_argument("habits", type=Path)
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    Handler.habits, Handler.log, Handler.answers = arguments.habits, arguments.log, build_answers()
    ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
