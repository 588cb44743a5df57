"""A stand-in for the LLM services that Marker knows, on the loopback: each interface as its client speaks it.

It finds out by the path whose interface is meant, and answers with what the schema of the request asks for. What it was
asked is kept in `asked`. `habit` says how it behaves: "ok", "nonsense", "refuse", "error", "slow" or "echo".
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "s3cret-key-0123456789abcdef"
HEADING = "Improved by the service"
_HEADING_ID = re.compile(r'"id": "(/page/\d+/SectionHeader/\d+)"')


@dataclass(frozen=True)
class Asked:
    """One request as it came: the path with its query, the headers in lower case, the body."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass
class FakeLlm:
    """The service while it runs. With the wrong key it answers 401, as with `habit` = "refuse"."""

    port: int = 0
    habit: str = "ok"
    key: str = KEY
    asked: list[Asked] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running() -> Iterator[FakeLlm]:
    llm = FakeLlm()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"llm": llm}))
    llm.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield llm
    finally:
        llm.is_over.set()
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: a client that waits no longer is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    llm: FakeLlm

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.llm.asked.append(Asked(self.path, headers, body))
        path, habit = self.path.partition("?")[0], self.llm.habit
        if habit == "slow":
            self.llm.is_over.wait(60)
        if habit == "error":
            self.reply(500, {"error": {"message": "it broke"}})
        elif habit == "echo":
            given = next((value for value in headers.values() if KEY in value), "no key")
            self.reply(401, {"error": {"message": f"the key {given} is wrong"}})
        elif habit == "refuse" or not any(self.llm.key in value for value in headers.values()):
            self.reply(401, {"error": {"message": "the key is wrong", "code": 401}})
        else:
            build, text = find_interface(path, body)
            self.reply(200, build("so to speak" if habit == "nonsense" else text))

    def reply(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def find_interface(path: str, body: Mapping[str, Any]) -> tuple[Any, str]:
    """Return what builds the answer of the interface that is meant, and the text of the answer."""
    if path.endswith("/api/generate"):
        return _build_ollama, answer(body["format"], body["prompt"])
    if path.endswith(":generateContent"):
        parts = [part for content in body["contents"] for part in content["parts"]]
        schema = body["generationConfig"].get("responseSchema") or body["generationConfig"]["responseJsonSchema"]
        return _build_gemini, answer(schema, parts[-1]["text"])
    prompt = body["messages"][0]["content"][-1]["text"]
    if path.endswith("/v1/messages"):
        return _build_claude, answer(body["output_config"]["format"]["schema"], prompt)
    assert path.endswith("/chat/completions"), path
    return _build_openai, answer(body["response_format"]["json_schema"]["schema"], prompt)


def answer(schema: Mapping[str, Any], prompt: str) -> str:
    """Return what a model would: another heading, or a text for each field that the schema has."""
    fields: dict[str, Any] = dict.fromkeys(schema["properties"], "")
    if "correction_type" in fields and "blocks" in fields:
        found = _HEADING_ID.findall(prompt.rpartition("**Input:**")[2])
        blocks = [{"id": found[0], "html": f"<h1>{HEADING}</h1>"}] if found else []
        fields |= {"analysis": "It lacks a word.", "correction_type": "corrections_needed", "blocks": blocks}
    return json.dumps(fields)


def _build_ollama(text: str) -> dict[str, Any]:
    return {"model": "m", "response": text, "done": True, "prompt_eval_count": 10, "eval_count": 5}


def _build_gemini(text: str) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}


def _build_claude(text: str) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }  # fmt: skip


def _build_openai(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }  # fmt: skip
