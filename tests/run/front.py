#!/usr/bin/env python3
"""Checks how lighttpd handles requests, with stub programs behind it.

front.py TLS_CONFIG WORK_DIR PLAIN_CONFIG. The environment is that of lighttpd/dev.conf.
"""
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import warnings

import front_errors
import front_stubs
import front_ws
from front_ask import CHECKS, TLS_PORT, ask, check, connect, raw

@check("sends go to a pool of their own, all other API requests to another pool")
def pools():
    ask("POST", "/api/v1/channels/x/messages", body=b"{}").has("pool=send", "body=2")
    ask("GET", "/api/v1/channels/x/messages?limit=3").has("pool=api", "QUERY_STRING=limit=3")
    ask("POST", "/api/v1/channels", body=b"{}").has("pool=api")
    ask("POST", "/api/v1/channels/x/messages/y", body=b"{}").has("pool=api")
    for method in ("PUT", "PATCH", "DELETE"):
        ask(method, "/api/v1/channels/x").has("pool=api", f"REQUEST_METHOD={method}")


@check("the API answers OPTIONS")
def options():
    ask("OPTIONS", "/api/v1/channels").has("pool=api", "REQUEST_METHOD=OPTIONS")
    ask("OPTIONS", "/api/v1/channels/x/messages").has("pool=api")


@check("the API gets the token and the whole request target")
def token_and_target():
    ask("GET", "/api/v1/users?cursor=a", ["Authorization: Bearer abc"]).has(
        "HTTP_AUTHORIZATION=Bearer abc", "REQUEST_URI=/api/v1/users?cursor=a")


@check("lighttpd drops headers that claim an identity")
def claims():
    seen = ask("GET", "/api/v1/channels", ["X-Tenant-Id: evil", "X-User-Id: evil", "Proxy: evil"])
    assert seen.status == 200 and "evil" not in seen.text, seen.text


@check("the paths for operators reach each program, without the prefix /push or /fanout")
def ops():
    for path in ("healthz", "readyz", "metrics", "version"):
        ask("GET", f"/{path}").has("pool=health")
        ask("GET", f"/push/{path}").has("program=push-ops", f"GET /{path} ")
        ask("GET", f"/fanout/{path}").has("program=fanout-ops", f"GET /{path} ")


@check("/healthz answers the networks of load balancers, the other paths the networks of operators")
def health():
    paths = [f"{under}/{path}" for under in ("", "/push", "/fanout")
             for path in ("healthz", "readyz", "metrics", "version")]
    for source, may in (("127.0.0.1", paths), ("127.0.1.2", ["/healthz"]), ("127.1.0.1", [])):
        seen = [path for path in paths if ask("GET", path, source=source).status == 200]
        assert seen == may, (source, seen)


@check("other paths of push-server and fanout are not reachable")
def ops_only():
    for path in ("/push/", "/push/ws", "/fanout/x", "/push/healthz/x", "/metricsx"):
        ask("GET", path).own_error(404, "not_found")


@check("an upgrade of another path than /ws is ignored")
def no_upgrade():
    seen = ask("GET", "/push/healthz", ["Upgrade: websocket", "Sec-WebSocket-Key: eA=="])
    seen.has("program=push-ops")


@check("an unknown path is a 404 problem")
def nowhere():
    ask("GET", "/nope").own_error(404, "not_found")
    ask("GET", "/apix").own_error(404, "not_found")


@check("lighttpd does not change a 404 of a program")
def own_404():
    seen = ask("GET", "/api/v1/x?empty=404")
    assert seen.status == 404 and seen.text == '{"own":1}', seen.text


@check("unknown methods are refused")
def methods():
    for method in ("TRACE", "PROPFIND"):
        ask(method, "/api/v1/channels").own_error(403, "forbidden")
    ask("FROBNICATE", "/api/v1/channels").own_error(501, "not_implemented")


@check("ambiguous paths are refused")
def addresses():
    for path in ("/api/%2e%2e/x", "/api/v1/../x", "/api//x", "/api/a%2fb", "/api/%00", "/api/%ff"):
        ask("GET", path).own_error(400, "bad_request")


@check("requests with an ambiguous length or host are refused")
def smuggling():
    post = b"POST /api/v1/channels HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    for lines in (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                  b"Content-Length: 2\r\nContent-Length: 4\r\n\r\nabcd",
                  b"Content-Length: +4\r\n\r\nabcd", b"Content-Length : 4\r\n\r\nabcd",
                  b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", b"Host: b\r\n\r\n"):
        got = raw(post + lines)
        assert got.status in (400, 501), (lines, got.status)


@check("a body up to 256 KiB passes, one byte more is a 413 problem")
def body_size():
    ask("POST", "/api/v1/channels", body=b"x" * 262144).has("body=262144")
    ask("POST", "/api/v1/channels", body=b"x" * 262145).own_error(413, "too_large")


@check("headers over 8 KiB are a 431 problem")
def head_size():
    ask("GET", "/api/v1/channels", ["X-Big: " + "x" * 6000]).has("pool=api")
    ask("GET", "/api/v1/channels", ["X-Big: " + "x" * 9000]).own_error(431, "headers_too_large")


@check("an answer may take longer than a client may pause in its request")
def waits():
    ask("GET", "/api/v1/x?slow").has("pool=api")
    ask("POST", "/api/v1/x?slow", body=b"{}").has("pool=api", "body=2")


@check("lighttpd cuts a client that pauses in its headers or body, but no WebSocket")
def silent():
    head = b"POST /api/v1/channels HTTP/1.1\r\nHost: a\r\n"
    began = time.monotonic()
    with connect() as in_head, connect() as in_body, connect() as live:
        in_head.sendall(head)
        in_body.sendall(head + b"Content-Length: 9\r\n\r\nabc")
        front_ws.upgrade_socket(live)
        for peer in (in_head, in_body):
            assert peer.recv(100) == b"", "lighttpd answered instead of closing"
        assert time.monotonic() - began < 6
        live.sendall(b"\x81\x84abcd1234")
        assert live.recv(100) == b"\x81\x84abcd1234"


@check("every answer carries the security headers and no server name")
def headers():
    for path in ("/api/v1/channels", "/nope", "/healthz"):
        seen = ask("GET", path).headers
        assert seen["x-content-type-options"] == "nosniff", seen
        assert seen["referrer-policy"] == "no-referrer", seen
        assert seen["x-frame-options"] == "DENY", seen
        assert "server" not in seen, seen
    assert "default-src 'none'" in ask("GET", "/api/v1/x").headers["content-security-policy"]


@check("wss: lighttpd serves the configured certificate, and the upgrade works")
def wss():
    front_ws.upgrade(tls=True)


@check("https answers like http, with HSTS")
def https():
    seen = ask("GET", "/api/v1/channels", tls=True)
    seen.has("pool=api", "REQUEST_SCHEME=https")
    assert seen.headers["strict-transport-security"].startswith("max-age="), seen.headers
    assert seen.headers["content-security-policy"].startswith("default-src 'none'"), seen.headers
    assert seen.headers["x-content-type-options"] == "nosniff", seen.headers


@check("TLS below 1.2 is refused")
def old_tls():
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    warnings.simplefilter("ignore", DeprecationWarning)
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    try:
        with socket.create_connection(("127.0.0.1", TLS_PORT), 10) as peer:
            old.wrap_socket(peer)
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError("lighttpd accepted TLS 1.1")


@check("with TLS, plain http is redirected, except health checks of this machine")
def redirect():
    seen = ask("POST", "/api/v1/channels?a=b", body=b"{}")
    assert seen.status == 308, seen.status
    assert seen.headers["location"] == "https://localhost/api/v1/channels?a=b", seen.headers
    ask("GET", "/healthz").has("pool=health")


def start(config):
    server = subprocess.Popen(["lighttpd", "-D", "-f", config])
    for _ in range(100):
        try:
            connect().close()
            return server
        except OSError:
            time.sleep(0.05)
    sys.exit("lighttpd does not listen")


def run(config, names, server):
    def stop():
        server.terminate()
        server.wait(10)

    for name, function in sorted(CHECKS, key=lambda one: one[1] in front_errors.LAST):
        if function.__name__ not in names:
            continue
        try:
            function(stop) if function is front_errors.access_log else function()
            print(f"ok front: {name}", flush=True)
        except Exception as why:  # any exception fails the check
            print(f"  {type(why).__name__}: {why}\nnot ok front: {name}", flush=True)
    stop()


def main():
    config = sys.argv[1]
    front_stubs.start(os.environ["ES_RUN_DIR"])
    tls = ["wss", "https", "old_tls", "redirect"]
    run(config, tls, start(config))
    plain = [f.__name__ for _, f in CHECKS if f.__name__ not in tls]
    run(sys.argv[3], plain, start(sys.argv[3]))


if __name__ == "__main__":
    main()
