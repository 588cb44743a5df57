"""A server on the loopback that speaks as Hugging Face's hub does, and as surya's own store; with faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "a" * 40
LARGE = (".pth", ".pt", ".gguf", ".safetensors")
"""Endings of the files that the hub keeps in LFS: it redirects for them, and their tag is the SHA-256."""


@dataclass
class Faults:
    """What goes wrong, by the end of a path. Each entry of `cuts` is how many bytes one answer has before it ends."""

    cuts: dict[str, list[int]] = field(default_factory=dict)
    stalls: dict[str, int] = field(default_factory=dict)
    """After so many bytes the answer waits until the server ends."""
    damaged: set[str] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    without_ranges: bool = False
    without_sums: bool = False
    """The list of a repository has only names, as that of a mirror."""


class HubServer:
    """`repositories` has the files of each by their paths; `store` those of surya's store by theirs."""

    def __init__(self, repositories: Mapping[str, Mapping[str, bytes]], store: Mapping[str, bytes]) -> None:
        self.repositories = {name: dict(files) for name, files in repositories.items()}
        self.store = dict(store)
        self.commit, self.faults = COMMIT, Faults()
        self.stalled, self._ending = threading.Event(), threading.Event()
        self.requests: list[str] = []
        """Method and path of each."""
        self.bodies: list[tuple[str, str]] = []
        """Path and Range header of each request for the content of a model's file that was answered with one."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._build_handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def cdn_url(self) -> str:
        """Another host, as that of the hub's large files is."""
        return f"http://localhost:{self._http.server_address[1]}/cdn"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead to this server, and to no proxy."""
        return {
            "HF_ENDPOINT": self.url,
            "S3_BASE_URL": f"{self.url}/store",
            "NO_PROXY": "127.0.0.1,localhost",
            "HF_TOKEN": "",
        }

    def gets(self, ending: str) -> list[str]:
        """The Range header of each request for the content of a file, in order; empty where it had none."""
        return [span for path, span in self.bodies if path.endswith(ending)]

    def forget(self) -> None:
        """Forget the requests, and all faults."""
        self.requests.clear()
        self.bodies.clear()
        self.faults = Faults()
        self.stalled.clear()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                server._answer(self, with_body=False)

            def do_GET(self) -> None:
                server._answer(self, with_body=True)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler, *, with_body: bool) -> None:
        path = urlsplit(handler.path).path.lstrip("/")
        self.requests.append(f"{handler.command} {path}")
        status = next((code for end, code in self.faults.statuses.items() if path.endswith(end)), 0)
        kind, _, rest = path.partition("/")
        if status:
            self._send(handler, status, b"", {})
        elif kind == "api":
            self._answer_list(handler, path.removeprefix("api/models/").rpartition("/revision/")[0])
        elif kind == "store":
            content = self.store.get(rest)
            tag = "" if content is None else f'"{hashlib.md5(content).hexdigest()}"'
            self._send_file(handler, path, content, {"ETag": tag}, with_body=with_body)
        elif kind == "cdn":
            content = self._find_large(rest)
            self._send_file(handler, path, content, {"ETag": '"of-the-cdn"'}, with_body=with_body)
        else:
            self._answer_file(handler, path, with_body=with_body)

    def _answer_list(self, handler: BaseHTTPRequestHandler, repository: str) -> None:
        files = self.repositories.get(repository)
        if files is None:
            self._send(handler, 404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        siblings = [{"rfilename": name, **({} if self.faults.without_sums else _describe(name, content))}
                    for name, content in files.items()]  # fmt: skip
        body = json.dumps({"id": repository, "sha": self.commit, "siblings": siblings}).encode()
        self._send(handler, 200, body, {"Content-Type": "application/json"})

    def _answer_file(self, handler: BaseHTTPRequestHandler, path: str, *, with_body: bool) -> None:
        repository, _, rest = path.partition("/resolve/")
        name = rest.partition("/")[2]
        content = self.repositories.get(repository, {}).get(name)
        headers = {"X-Repo-Commit": self.commit}
        if content is None:
            self._send(handler, 404, b"", {**headers, "X-Error-Code": "EntryNotFound"})
        elif name.endswith(LARGE):
            total = hashlib.sha256(content).hexdigest()
            headers |= {"X-Linked-Etag": f'"{total}"', "X-Linked-Size": str(len(content)), "ETag": '"of-the-link"'}
            self._send(handler, 302, b"", {**headers, "Location": f"{self.cdn_url}/{total}/{name}"})
        else:
            headers["ETag"] = f'"{_sum_as_git(content)}"'
            self._send_file(handler, path, content, headers, with_body=with_body)

    def _find_large(self, path: str) -> bytes | None:
        total = path.partition("/")[0]
        contents = (content for files in self.repositories.values() for content in files.values())
        return next((content for content in contents if hashlib.sha256(content).hexdigest() == total), None)

    def _send_file(
        self, handler: BaseHTTPRequestHandler, path: str, content: bytes | None, headers: Mapping[str, str], *,
        with_body: bool,
    ) -> None:  # fmt: skip
        if content is None:
            self._send(handler, 404, b"", {})
            return
        if any(path.endswith(end) for end in self.faults.damaged):
            content = bytes([content[0] ^ 1]) + content[1:]
        begin, status, more = 0, 200, dict(headers)
        span, condition = handler.headers.get("Range", ""), handler.headers.get("If-Range")
        if span and not self.faults.without_ranges and condition in (None, headers.get("ETag")):
            begin = int(span.removeprefix("bytes=").rstrip("-"))
            status, more["Content-Range"] = 206, f"bytes {begin}-{len(content) - 1}/{len(content)}"
        if begin >= len(content) > 0:
            self._send(handler, 416, b"", {})
            return
        self._send(handler, status, content[begin:], more, path=path, with_body=with_body)

    def _send(
        self, handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str], path: str = "", *,
        with_body: bool = True,
    ) -> None:  # fmt: skip
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if not with_body or handler.command == "HEAD":
            return
        if path and not path.endswith("manifest.json"):
            self.bodies.append((path, handler.headers.get("Range", "")))
        cuts = next((left for end, left in self.faults.cuts.items() if path.endswith(end)), []) if path else []
        stall = next((size for end, size in self.faults.stalls.items() if path.endswith(end)), None) if path else None
        limit = cuts.pop(0) if cuts else stall
        sent = body if limit is None else body[:limit]
        handler.wfile.write(sent)
        handler.wfile.flush()
        if stall is not None:
            self.stalled.set()
            self._ending.wait()
        if len(sent) < len(body):
            handler.close_connection = True


def _describe(name: str, content: bytes) -> dict[str, object]:
    found: dict[str, object] = {"size": len(content), "blobId": _sum_as_git(content)}
    if name.endswith(LARGE):
        found["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return found


def _sum_as_git(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def hub_at(repositories: Mapping[str, Mapping[str, bytes]], store: Mapping[str, bytes]) -> Iterator[HubServer]:
    """A running server, which ends with the test."""
    server = HubServer(repositories, store)
    server.start()
    try:
        yield server
    finally:
        server.stop()
