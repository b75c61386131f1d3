#!/usr/bin/env python3
"""Tokens that a tenant signs itself: each algorithm, and a key set behind a URL.

It also runs the examples of docs/examples/auth unchanged. openssl makes keys and signatures.
"""

import argparse
import base64
import functools
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from scn import env as environment
from scn import rest, ws
from scn.report import Report
from scn.world import API, World

FILE = "issuers"
EXAMPLES = os.path.join(environment.repository(), "docs", "examples", "auth")
SECRET = "0123456789abcdef0123456789abcdef"


def base64url(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, data=None):
    return subprocess.run(("openssl",) + words, input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


class Key:
    """A private key that openssl makes, in a file."""

    KINDS = {"RS256": ("RSA", ("-pkeyopt", "rsa_keygen_bits:2048")),
             "ES256": ("EC", ("-pkeyopt", "ec_paramgen_curve:P-256")),
             "EdDSA": ("ED25519", ())}

    def __init__(self, alg, folder):
        self.alg = alg
        self.file = os.path.join(folder, uuid.uuid4().hex + ".pem")
        kind, options = self.KINDS[alg]
        openssl("genpkey", "-algorithm", kind, *options, "-out", self.file)
        self.pem = openssl("pkey", "-in", self.file, "-pubout").decode()

    def jwk(self, kid):
        """Returns an RSA public key as a JWK. openssl always uses the exponent 65537."""
        n = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().split("=")[1].strip()
        return {"kty": "RSA", "use": "sig", "kid": kid, "n": base64url(bytes.fromhex(n)), "e": "AQAB"}

    def sign(self, head, claims):
        text = base64url(dict({"alg": self.alg}, **head)) + "." + base64url(claims)
        with tempfile.NamedTemporaryFile() as message:
            message.write(text.encode())
            message.flush()
            if self.alg == "EdDSA":
                got = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", message.name)
            else:
                got = openssl("dgst", "-sha256", "-sign", self.file, message.name)
        return text + "." + base64url(raw_es256(got) if self.alg == "ES256" else got)


def raw_es256(der):
    """Converts a signature from DER, a SEQUENCE of two INTEGERs, to the 64 bytes of a JWS."""
    out, at = b"", 2
    for _ in range(2):
        length = der[at + 1]
        number = der[at + 2:at + 2 + length].lstrip(b"\0")
        out, at = out + number.rjust(32, b"\0"), at + 2 + length
    return out


def claims(world, **changes):
    now = int(time.time())
    base = {"iss": "my-app", "aud": "echostream", "tid": world.names["acme"], "sub": "bob-1",
            "iat": now, "exp": now + 600}
    base.update(changes)
    return {k: v for k, v in base.items() if v is not None}


def get_me(world, token):
    return rest.Client(world.env.url).request(
        "GET", API + "/users/me", [("Authorization", "Bearer " + token)])


def socket_code(world, token, wait=5):
    """The close code of a new socket, or None when hello came."""
    env = world.env
    client = ws.WsClient(env.ws_host, env.ws_port, "%s?token=%s" % (env.ws_path, token))
    try:
        client.wait(lambda: client.inbox or client.close_code, wait)
        return None if client.inbox else client.close_code
    finally:
        client.drop()


def add_key(world, **key):
    return world.call("POST", API + "/auth-keys", "acme", key)


def check_algorithms(report, world, folder):
    for alg in Key.KINDS:
        key, other = Key(alg, folder), Key(alg, folder)
        add_key(world, kid=alg, alg=alg, issuer="my-app", publicKey=key.pem, provision=True)
        good = key.sign({"kid": alg}, claims(world))
        got = get_me(world, good)
        report.check(FILE, alg + " signs in a user", None if got.status == 200 else str(got))
        report.check(FILE, alg + " opens a socket", None if socket_code(world, good) is None
                     else "no hello")
        bad = other.sign({"kid": alg}, claims(world))
        got = get_me(world, bad)
        report.check(FILE, alg + " refuses a token of another key",
                     None if got.status == 401 else str(got))
        code = socket_code(world, bad)
        report.check(FILE, alg + " opens no socket with a token of another key",
                     None if code == 4001 else "close code %s" % code)


class KeySetServer:
    """An HTTPS server on localhost that serves a key set and counts the requests for it."""

    def __init__(self, cert, key):
        self.keys, self.reads, self.mode = [], 0, "good"
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *words):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "https://localhost:%d/jwks" % self.server.server_port

    def answer(self, handler):
        self.reads += 1
        body = json.dumps({"keys": self.keys}).encode()
        if self.mode == "redirect":
            handler.send_response(302)
            handler.send_header("Location", self.url)
            body = b""
        elif self.mode == "slow":
            time.sleep(4)
            return
        else:
            handler.send_response(200)
        if self.mode == "large":
            body += b" " * 65536
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def post_key_set(world, url, alg="RS256"):
    return rest.Client(world.env.url).request(
        "POST", API + "/auth-keys", [("Authorization", "Bearer " + world.token("acme")),
                                     ("Content-Type", "application/json")],
        json.dumps({"kid": "bad", "alg": alg, "issuer": "sets", "jwksUrl": url}).encode())


def check_key_set(report, world, folder, server):
    one, two = Key("RS256", folder), Key("RS256", folder)
    server.keys = [one.jwk("first")]
    for mode, word in (("redirect", "redirect"), ("large", "65536"), ("slow", "3 s")):
        server.mode = mode
        got = post_key_set(world, server.url)
        report.check(FILE, "a key set is refused when its server's answer is: " + mode,
                     None if got.status == 422 and word in got.text() else str(got))
    server.mode = "good"
    got = post_key_set(world, server.url.replace("localhost", "127.0.0.1"))
    report.check(FILE, "a host name in ES_JWKS_ALLOW_HOSTS does not allow its IP address",
                 None if got.status == 422 and "not public" in got.text() else str(got))
    got = post_key_set(world, server.url, "EdDSA")
    report.check(FILE, "a key set without a key for the algorithm is refused",
                 None if got.status == 422 else str(got))
    add_key(world, kid="set", alg="RS256", issuer="sets", jwksUrl=server.url, provision=True)
    good = one.sign({"kid": "first"}, claims(world, iss="sets", sub="set-1"))
    got = get_me(world, good)
    report.check(FILE, "a key of a set signs in a user", None if got.status == 200 else str(got))
    report.check(FILE, "a key of a set opens a socket", None if socket_code(world, good) is None
                 else "no hello")
    server.keys, before = [one.jwk("first"), two.jwk("second")], server.reads
    new = two.sign({"kid": "second"}, claims(world, iss="sets", sub="set-2"))
    for _ in range(20):
        get_me(world, new)
        socket_code(world, new)
    report.check(FILE, "unknown kids within a minute do not fetch the set again",
                 None if server.reads == before else "%d reads" % (server.reads - before))
    if not world.env.has("sql"):
        report.skip(FILE, "a set is fetched again after a minute", "no SQL on this stack")
        return
    world.env.sql("UPDATE auth_keys SET jwks_tried_at = now() - interval '2 min'"
                  " WHERE kid = 'set'", world.names["acme"])
    code = socket_code(world, new, 9)
    report.check(FILE, "a new socket waits until its new key is fetched", None if code is None
                 else "close code %s" % code)
    got = get_me(world, new)
    report.check(FILE, "the new key signs in a user", None if got.status == 200 else str(got))
    report.check(FILE, "the set was fetched only once for the new key", None if server.reads == before + 1
                 else "%d reads" % (server.reads - before))


def hs256(world, kid, sub):
    text = base64url({"alg": "HS256", "kid": kid}) + "." + base64url(claims(world, sub=sub))
    return text + "." + base64url(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())


def open_socket(world, token):
    """Opens a socket and waits for hello."""
    env = world.env
    client = ws.WsClient(env.ws_host, env.ws_port, "%s?token=%s" % (env.ws_path, token))
    client.wait(lambda: client.inbox, 5)
    return client


def close_fault(client, since):
    """None when the server closes the socket with 4003 within a second of since, else a text."""
    client.wait(lambda: client.close_code, 5)
    took = time.monotonic() - since
    return None if client.close_code == 4003 and took < 1 else \
        "close code %s after %.2f s" % (client.close_code, took)


def check_example(report, world, name, command, key, watched=None):
    """Runs an example unchanged, as a back end would. watched: a socket of the user that the example
    logs out as its last step."""
    title = "docs/examples/auth/%s posts a message" % name
    if shutil.which(command[0]) is None:
        report.skip(FILE, title, command[0] + " is not installed")
        return
    variables = {"APP_URL": world.env.url, "APP_TENANT": world.names["acme"],
                 "APP_CHANNEL": world.names["hall"], "APP_ISSUER": "my-app", "APP_KID": key[0],
                 "APP_SECRET": SECRET, "APP_KEY_FILE": key[1] or "",
                 "APP_API_KEY": world.names["manager"]}
    done = subprocess.run(command + [os.path.join(EXAMPLES, name)], timeout=60,
                          env=dict(os.environ, **variables), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    ended = time.monotonic()
    statuses = done.stdout.decode("utf-8", "replace").split()
    logout = ["200"] if watched else []
    report.check(FILE, title, None if statuses[:1] in (["201"], ["202"]) and statuses[1:] == logout
                 else " ".join(statuses)[-600:])
    if watched:
        report.check(FILE, "docs/examples/auth/%s closes the user's socket within a second" % name,
                     close_fault(watched, ended))
        watched.drop()


def check_examples(report, world, folder):
    add_key(world, kid="app-hs", alg="HS256", issuer="my-app", secret=SECRET, provision=True)
    key = Key("EdDSA", folder)
    add_key(world, kid="app-ed", alg="EdDSA", issuer="my-app", publicKey=key.pem, provision=True)
    manager = world.call("POST", API + "/api-keys", "acme",
                         {"name": "backend", "scopes": ["users:manage"]})
    world.names["manager"] = manager["key"]
    check_example(report, world, "signer.py", [sys.executable], ("app-hs", None),
                  open_socket(world, hs256(world, "app-hs", "py-1")))
    check_example(report, world, "signer.mjs", ["node"], ("app-ed", key.file),
                  open_socket(world, key.sign({"kid": "app-ed"}, claims(world, sub="node-1"))))
    check_example(report, world, "signer.php", ["php"], ("app-hs", None),
                  open_socket(world, hs256(world, "app-hs", "php-1")))
    check_example(report, world, "signer.go", ["go", "run"], ("app-hs", None))
    page = pathlib.Path(environment.repository(), "docs", "auth-signers.md").read_text("utf-8")
    wrong = [name for name in sorted(os.listdir(EXAMPLES))
             if pathlib.Path(EXAMPLES, name).read_text("utf-8") not in page]
    report.check(FILE, "docs/auth-signers.md has the examples word for word", wrong)


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    p.add_argument("--cert", help="PEM file with certificate and key of https://localhost; the "
                   "stack must trust it (ES_JWKS_CA_FILE) and allow it (ES_JWKS_ALLOW_HOSTS)")
    args = p.parse_args(argv)
    report = Report()
    world = World(environment.read_env(args.env))
    world.make_tenant("acme", {})
    world.make_channel("hall", "acme", False, [])
    with tempfile.TemporaryDirectory(prefix="issuers-") as folder:
        check_algorithms(report, world, folder)
        if args.cert:
            check_key_set(report, world, folder, KeySetServer(args.cert, args.cert))
        else:
            report.skip(FILE, "a key set behind a URL", "no --cert")
        check_examples(report, world, folder)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
