#!/usr/bin/env python3
"""A tenant's own issuer with each algorithm and with a key set behind a URL, and the examples of
docs/examples/auth, run unchanged. openssl makes keys and signatures."""

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

HERE = "issuers"
EXAMPLES = os.path.join(environment.repository(), "docs", "examples", "auth")
SECRET = "0123456789abcdef0123456789abcdef"


def part(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, data=None):
    return subprocess.run(("openssl",) + words, input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


class Key:
    """A private key in a file, which openssl makes."""

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
        """The modulus of an RSA key; its exponent is 65537."""
        n = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().split("=")[1].strip()
        return {"kty": "RSA", "use": "sig", "kid": kid, "n": part(bytes.fromhex(n)), "e": "AQAB"}

    def sign(self, head, claims):
        text = part(dict({"alg": self.alg}, **head)) + "." + part(claims)
        with tempfile.NamedTemporaryFile() as message:
            message.write(text.encode())
            message.flush()
            if self.alg == "EdDSA":
                got = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", message.name)
            else:
                got = openssl("dgst", "-sha256", "-sign", self.file, message.name)
        return text + "." + part(raw_es256(got) if self.alg == "ES256" else got)


def raw_es256(der):
    """Converts a DER SEQUENCE of two INTEGERs to two times 32 bytes."""
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


def me(world, token):
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
        got = me(world, good)
        report.check(HERE, alg + " signs in a user", None if got.status == 200 else str(got))
        report.check(HERE, alg + " opens a socket", None if socket_code(world, good) is None
                     else "no hello")
        bad = other.sign({"kid": alg}, claims(world))
        got = me(world, bad)
        report.check(HERE, alg + " of another key is refused",
                     None if got.status == 401 else str(got))
        code = socket_code(world, bad)
        report.check(HERE, alg + " of another key opens no socket",
                     None if code == 4001 else "close code %s" % code)


class SetServer:
    """https://localhost with a key set that changes; counts its readings."""

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


def refused(world, url, alg="RS256"):
    return rest.Client(world.env.url).request(
        "POST", API + "/auth-keys", [("Authorization", "Bearer " + world.token("acme")),
                                     ("Content-Type", "application/json")],
        json.dumps({"kid": "bad", "alg": alg, "issuer": "sets", "jwksUrl": url}).encode())


def check_key_set(report, world, folder, server):
    one, two = Key("RS256", folder), Key("RS256", folder)
    server.keys = [one.jwk("first")]
    for mode, word in (("redirect", "redirect"), ("large", "65536"), ("slow", "3 s")):
        server.mode = mode
        got = refused(world, server.url)
        report.check(HERE, "a key set is refused: " + mode, None if got.status == 422
                     and word in got.text() else str(got))
    server.mode = "good"
    got = refused(world, server.url.replace("localhost", "127.0.0.1"))
    report.check(HERE, "ES_JWKS_ALLOW_HOSTS does not allow an IP address by name", None if got.status == 422
                 and "not public" in got.text() else str(got))
    got = refused(world, server.url, "EdDSA")
    report.check(HERE, "a set without a key for the algorithm is refused",
                 None if got.status == 422 else str(got))
    add_key(world, kid="set", alg="RS256", issuer="sets", jwksUrl=server.url, provision=True)
    good = one.sign({"kid": "first"}, claims(world, iss="sets", sub="set-1"))
    got = me(world, good)
    report.check(HERE, "a key of a set signs in", None if got.status == 200 else str(got))
    report.check(HERE, "on a socket, too", None if socket_code(world, good) is None else "no")
    server.keys, before = [one.jwk("first"), two.jwk("second")], server.reads
    new = two.sign({"kid": "second"}, claims(world, iss="sets", sub="set-2"))
    for _ in range(20):
        me(world, new)
        socket_code(world, new)
    report.check(HERE, "unknown kids cause no reading within a minute",
                 None if server.reads == before else "%d reads" % (server.reads - before))
    if not world.env.has("sql"):
        report.skip(HERE, "a set is read again after a minute", "no SQL on this stack")
        return
    world.env.sql("UPDATE auth_keys SET jwks_tried_at = now() - interval '2 min'"
                  " WHERE kid = 'set'", world.names["acme"])
    code = socket_code(world, new, 9)
    report.check(HERE, "a socket waits for a key that is new", None if code is None
                 else "close code %s" % code)
    got = me(world, new)
    report.check(HERE, "the new key signs in", None if got.status == 200 else str(got))
    report.check(HERE, "one reading was enough", None if server.reads == before + 1
                 else "%d reads" % (server.reads - before))


def hs256(world, kid, sub):
    text = part({"alg": "HS256", "kid": kid}) + "." + part(claims(world, sub=sub))
    return text + "." + part(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())


def watch(world, token):
    """A socket that has received hello."""
    env = world.env
    client = ws.WsClient(env.ws_host, env.ws_port, "%s?token=%s" % (env.ws_path, token))
    client.wait(lambda: client.inbox, 5)
    return client


def seconds_to_close(client, since):
    client.wait(lambda: client.close_code, 5)
    took = time.monotonic() - since
    return None if client.close_code == 4003 and took < 1 else \
        "close code %s after %.2f s" % (client.close_code, took)


def check_example(report, world, name, command, key, watched=None):
    """Runs an example unchanged, as a back end would. watched: a socket of the user whom the example
    logs out at its end."""
    title = "docs/examples/auth/%s posts a message" % name
    if shutil.which(command[0]) is None:
        report.skip(HERE, title, command[0] + " is not installed")
        return
    variables = {"APP_URL": world.env.url, "APP_TENANT": world.names["acme"],
                 "APP_CHANNEL": world.names["hall"], "APP_ISSUER": "my-app", "APP_KID": key[0],
                 "APP_SECRET": SECRET, "APP_KEY_FILE": key[1] or "",
                 "APP_API_KEY": world.names["manager"]}
    done = subprocess.run(command + [os.path.join(EXAMPLES, name)], timeout=60,
                          env=dict(os.environ, **variables), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    ended = time.monotonic()
    said = done.stdout.decode("utf-8", "replace").split()
    good = ["200"] if watched else []
    report.check(HERE, title, None if said[:1] in (["201"], ["202"]) and said[1:] == good
                 else " ".join(said)[-600:])
    if watched:
        report.check(HERE, "docs/examples/auth/%s ends the user's socket within a second" % name,
                     seconds_to_close(watched, ended))
        watched.drop()


def check_examples(report, world, folder):
    add_key(world, kid="app-hs", alg="HS256", issuer="my-app", secret=SECRET, provision=True)
    key = Key("EdDSA", folder)
    add_key(world, kid="app-ed", alg="EdDSA", issuer="my-app", publicKey=key.pem, provision=True)
    manager = world.call("POST", API + "/api-keys", "acme",
                         {"name": "backend", "scopes": ["users:manage"]})
    world.names["manager"] = manager["key"]
    check_example(report, world, "signer.py", [sys.executable], ("app-hs", None),
                  watch(world, hs256(world, "app-hs", "py-1")))
    check_example(report, world, "signer.mjs", ["node"], ("app-ed", key.file),
                  watch(world, key.sign({"kid": "app-ed"}, claims(world, sub="node-1"))))
    check_example(report, world, "signer.php", ["php"], ("app-hs", None),
                  watch(world, hs256(world, "app-hs", "php-1")))
    check_example(report, world, "signer.go", ["go", "run"], ("app-hs", None))
    page = pathlib.Path(environment.repository(), "docs", "auth-signers.md").read_text("utf-8")
    wrong = [name for name in sorted(os.listdir(EXAMPLES))
             if pathlib.Path(EXAMPLES, name).read_text("utf-8") not in page]
    report.check(HERE, "docs/auth-signers.md has the examples word for word", wrong)


def main(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--env")
    p.add_argument("--cert", help="certificate and key (PEM) of https://localhost, which the "
                   "stack trusts (ES_JWKS_CA_FILE) and allows (ES_JWKS_ALLOW_HOSTS)")
    args = p.parse_args(argv)
    report = Report()
    world = World(environment.read_env(args.env))
    world.make_tenant("acme", {})
    world.make_channel("hall", "acme", False, [])
    with tempfile.TemporaryDirectory(prefix="issuers-") as folder:
        check_algorithms(report, world, folder)
        if args.cert:
            check_key_set(report, world, folder, SetServer(args.cert, args.cert))
        else:
            report.skip(HERE, "a key set behind a URL", "no --cert")
        check_examples(report, world, folder)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
