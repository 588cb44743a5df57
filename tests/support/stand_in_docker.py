"""A stand-in for the `docker` command, since no container can run in tests: `rm` notes itself, `run` serves.

What it is called with goes into the file that STAND_IN_DOCKER_LOG names; the server listens where `-p` publishes.
"""

from __future__ import annotations

import json
import os
import sys
from http.server import ThreadingHTTPServer

import quick_server


def main() -> None:
    with open(os.environ["STAND_IN_DOCKER_LOG"], "a") as log:
        log.write(json.dumps(sys.argv[1:]) + "\n")
    if sys.argv[1] == "run":
        host, port, _ = sys.argv[sys.argv.index("-p") + 1].split(":")
        quick_server.Handler.model = sys.argv[sys.argv.index("--served-model-name") + 1]
        ThreadingHTTPServer((host, int(port)), quick_server.Handler).serve_forever()


if __name__ == "__main__":
    main()
