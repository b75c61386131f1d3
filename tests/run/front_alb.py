#!/usr/bin/env python3
"""lighttpd as it runs in a task behind an Application Load Balancer: lighttpd/alb.conf, alb-push.conf.

front_alb.py - WORK_DIR. Stub programs answer. ES_ROOT, ES_RUN_DIR (with fullchain.pem and privkey.pem),
ES_PORT, ES_TLS_PORT as for front.py. 127.0.0.1 plays the load balancer, 127.0.0.2 another peer.
"""
import json
import os
import socket
import subprocess
import sys
import time

import front_stubs
import front_ws
from front_ask import TLS_PORT, ask, connect

BALANCER = "127.0.0.1"
OTHER = "127.0.0.2"
CLIENT = "203.0.113.9"
FROM_CLIENT = f"X-Forwarded-For: {CLIENT}"
FORGED = f"X-Forwarded-For: 127.0.0.1, {CLIENT}"
OPS = ("/readyz", "/metrics", "/version", "/push/readyz", "/fanout/metrics")


def api_healthy():
    ask("GET", "/healthz", tls=True).has("pool=health")


def api_address():
    ask("GET", "/api/v1/channels", [FROM_CLIENT], tls=True).has("pool=api", f"REMOTE_ADDR={CLIENT}")
    ask("GET", "/api/v1/channels", [FORGED], tls=True).has(f"REMOTE_ADDR={CLIENT}")


def api_other_peer():
    ask("GET", "/api/v1/channels", [FROM_CLIENT], tls=True, source=OTHER).has(f"REMOTE_ADDR={OTHER}")


def clients_see_no_ops():
    for path in OPS:
        for header in (FROM_CLIENT, FORGED):
            assert ask("GET", path, [header], tls=True).status == 404, (path, header)


def hsts():
    seen = ask("GET", "/api/v1/channels", [FROM_CLIENT], tls=True)
    assert seen.headers["strict-transport-security"] == "max-age=31536000", seen.headers
    assert seen.headers["content-security-policy"].startswith("default-src 'none'"), seen.headers


def no_plain_http():
    with socket.create_connection((BALANCER, TLS_PORT), 10) as peer:
        peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not peer.recv(4096).startswith(b"HTTP/1.1 200"), "plain HTTP was answered"


def push_healthy():
    ask("GET", "/healthz", tls=True).has("program=push-ops", "GET /healthz ")


def push_upgrade():
    front_ws.upgrade(tls=True)


def push_address():
    text = ask("GET", "/ws", [FORGED], tls=True).text.lower()
    line = next(line for line in text.splitlines() if line.startswith("x-forwarded-for:"))
    # lighttpd appends the load balancer's address. ES_TRUSTED_PROXIES contains it, so push-server skips it.
    assert [one.strip() for one in line.split(",")[-2:]] == [CLIENT, BALANCER], line


def access_log(log):
    ask("GET", "/ws?token=secret-token", [FROM_CLIENT], tls=True)
    limit = time.monotonic() + 10
    while True:
        with open(log, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.startswith("{") and line.endswith("\n")]
        seen = [line for line in lines if line["path"] == "/ws" and line["remote"] == CLIENT]
        if seen or time.monotonic() > limit:
            break
        time.sleep(0.05)
    assert seen, lines
    with open(log, encoding="utf-8") as file:
        assert "secret-token" not in file.read()


API = [
    ("the load balancer gets 200 from /healthz of the API, by TLS", api_healthy),
    ("the API gets the client's address, and not a forged one", api_address),
    ("X-Forwarded-For of another peer than the load balancer is ignored", api_other_peer),
    ("clients behind the load balancer can't ask for readiness and metrics", clients_see_no_ops),
    ("browsers are told to refuse plain HTTP", hsts),
    ("the TLS port answers no plain HTTP", no_plain_http),
]
PUSH = [
    ("the load balancer gets 200 from /healthz of push-server, by TLS", push_healthy),
    ("/ws is upgraded through TLS", push_upgrade),
    ("the client's address is the last before the load balancer's", push_address),
    ("clients can't ask for readiness and metrics of push-server", clients_see_no_ops),
]


def start(config, log):
    with open(log, "wb") as out:
        server = subprocess.Popen(["lighttpd", "-D", "-f", config], stderr=out)
    limit = time.monotonic() + 10
    while True:
        try:
            connect(tls=True).close()
            return server
        except OSError:
            if server.poll() is not None or time.monotonic() > limit:
                sys.exit(f"{config}: lighttpd does not listen")
            time.sleep(0.05)


def run(config, checks, log):
    server = start(config, log)
    last = ("the access log has the client's address and no token", lambda: access_log(log))
    for name, function in [*checks, last]:
        try:
            function()
            print(f"ok {os.path.basename(config)}: {name}", flush=True)
        except Exception as why:  # any exception fails the check
            print(f"  {type(why).__name__}: {why}\nnot ok {os.path.basename(config)}: {name}", flush=True)
    server.terminate()
    server.wait(10)


def main():
    os.environ["ES_PROXY_FROM"] = BALANCER + "/32"
    front_stubs.start(os.environ["ES_RUN_DIR"])
    run("lighttpd/alb.conf", API, os.path.join(sys.argv[2], "alb.log"))
    run("lighttpd/alb-push.conf", PUSH, os.path.join(sys.argv[2], "alb-push.log"))


if __name__ == "__main__":
    main()
