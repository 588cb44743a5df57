"""llama.cpp's own HTTP server, in this process, with the arguments that Surya gives to `llama-server`."""

from __future__ import annotations

import argparse
import signal

import xllamacpp


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-m", required=True)
    parser.add_argument("--mmproj", required=True)
    parser.add_argument("-ngl", type=int)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--parallel", type=int, required=True)
    parser.add_argument("--ctx-size", type=int, required=True)
    parser.add_argument("--alias", required=True)
    parser.add_argument("--jinja", action="store_true")
    given = parser.parse_args()
    parameters = xllamacpp.CommonParams()
    parameters.model.path = given.m
    parameters.n_ctx, parameters.n_parallel = given.ctx_size, given.parallel
    parameters.hostnames, parameters.port = [given.host], given.port
    parameters.cpuparams.n_threads = 1
    parameters.use_jinja = given.jinja
    parameters.model_alias = {given.alias}
    server = xllamacpp.Server(parameters)
    print("listening at", server.listening_address, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
