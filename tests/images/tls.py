"""PostgreSQL and Redis that accept only TLS, with our own CA: sslmode=verify-full and rediss://."""

import copy
import os
import time

from engine import run
from report import say

PROGRAMS = ("fanout", "push", "api")


def authority(folder, name):
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out",
         f"{folder}/{name}.pem"])


def certificate(folder, ca, host):
    """Makes a certificate for the name of the service. The certificate is not valid for an IP address."""
    run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
         f"/CN={host}", "-keyout", f"{folder}/{host}.key", "-out", f"{folder}/{host}.csr"])
    with open(f"{folder}/{host}.ext", "w", encoding="utf-8") as f:
        f.write(f"subjectAltName=DNS:{host}\n")
    run(["openssl", "x509", "-req", "-days", "2", "-in", f"{folder}/{host}.csr", "-CA",
         f"{folder}/{ca}.pem", "-CAkey", f"{folder}/{ca}.key", "-CAcreateserial", "-extfile",
         f"{folder}/{host}.ext", "-out", f"{folder}/{host}.pem"])


def give_key(folder, image, e, name, user):
    """Makes the user of the server's image the owner of the key, as the servers demand."""
    uid = e.podman("run", "--rm", "--network=host", "--pull=never", "--ulimit=nofile=1024",
                   "--ulimit=nproc=1000", "--entrypoint=id", image, "-u", user).stdout.strip()
    os.chown(f"{folder}/{name}.key", int(uid), int(uid))
    os.chmod(f"{folder}/{name}.key", 0o400)


def servers(s, folder):
    e = s.engine
    for name in PROGRAMS:
        e.podman("rm", "-f", "-t", "5", name, check=False)
    give_key(folder, "localhost/echostream-test-postgres:dev", e, "postgres", "postgres")
    give_key(folder, "localhost/echostream-test-redis:dev", e, "redis", "redis")
    config = copy.deepcopy(s.config)
    volume = {"source": folder, "target": "/tls", "read_only": True}
    for name in ("postgres", "redis"):
        config["services"][name]["volumes"].append(volume)
    e.stop(s.config, "postgres")
    e.start(config, "postgres", command=["postgres", "-c", "ssl=on", "-c",
                                         "ssl_cert_file=/tls/postgres.pem", "-c",
                                         "ssl_key_file=/tls/postgres.key"])
    e.healthy("postgres")
    e.exec("postgres", "sh", "-c",
           "sed -i 's/^host  *all  *all  *all /hostssl all all all /; /^host  /d' $PGDATA/pg_hba.conf"
           " && pg_ctl reload")
    e.stop(s.config, "redis")
    plain = config["services"]["redis"]["command"]
    e.start(config, "redis", command=[*plain, "--port", "0", "--tls-port", "6379", "--tls-cert-file",
                                      "/tls/redis.pem", "--tls-key-file", "/tls/redis.key",
                                      "--tls-ca-cert-file", "/tls/ca.pem", "--tls-auth-clients", "no"])
    limit = time.monotonic() + 30
    while "PONG" not in e.exec("redis", "redis-cli", "--tls", "--cacert", "/tls/ca.pem", "-h", "redis",
                               "ping", check=False).stdout:
        if time.monotonic() > limit:
            raise TimeoutError(e.logs("redis"))
        time.sleep(0.2)


def settings(config, s, folder, ca="ca", database="postgres", redis="redis"):
    """The services with URLs that ask for TLS, and with the CA files mounted at /tls."""
    made = copy.deepcopy(config)
    for name in (*PROGRAMS, "migrate"):
        one = made["services"][name]
        env = one["environment"]
        role = "owner" if name == "migrate" else "app"
        env["ES_DATABASE_OWNER_URL" if name == "migrate" else "ES_DATABASE_URL"] = \
            f"postgresql://echostream_{role}:{s.drawn[role.upper() + '_PASSWORD']}@{database}/echostream" \
            f"?sslmode=verify-full&sslrootcert=/tls/{ca}.pem"
        if name != "migrate":
            env["ES_REDIS_URL"] = f"rediss://:{s.drawn['REDIS_PASSWORD']}@{redis}:6379"
            env["SSL_CERT_FILE"] = f"/tls/{ca}.pem"
        one.setdefault("volumes", []).append({"source": f"{folder}/public", "target": "/tls",
                                              "read_only": True})
    return made


def checked(s, config, what):
    done = s.engine.once(config, "api", "echostreamctl", "check", what, check=False)
    return done.returncode, done.stdout + done.stderr


def refused(s, what, config, words, name):
    code, text = checked(s, config, what)
    say(code == 1 and any(w in text.lower() for w in words), name, [f"exit {code}", text])


def all_of(s):
    folder = os.path.join(s.folder, "tls")
    public = os.path.join(folder, "public")
    os.makedirs(public)
    for name in ("ca", "another-ca"):
        authority(folder, name)
        run(["cp", f"{folder}/{name}.pem", public])
    for host in ("postgres", "redis"):
        certificate(folder, "ca", host)
    servers(s, folder)
    good = settings(s.config, s, folder)
    done = s.engine.once(good, "migrate", check=False)
    say(done.returncode == 0, "sslmode=verify-full: migrate connects", [done.stderr])
    s.start(*PROGRAMS, config=good)
    s.talk("rediss:// and sslmode=verify-full: a message arrives")
    used = s.engine.exec("postgres", "psql", "-U", "postgres", "-Atc",
                         "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity "
                         "USING (pid) WHERE usename = 'echostream_app'").stdout.strip()
    say(used == "t", "every session of the programs uses TLS", [used])
    bad = copy.deepcopy(s.config)
    bad["services"]["api"]["environment"]["ES_DATABASE_URL"] += "?sslmode=disable"
    refused(s, "postgres", bad, ["no pg_hba.conf entry", "no encryption"],
            "PostgreSQL refuses a session without TLS")
    refused(s, "redis", s.config, ["redis"], "Redis refuses a connection without TLS")
    bad = settings(s.config, s, folder, ca="another-ca")
    for what in ("postgres", "redis"):
        refused(s, what, bad, ["certificate verify failed"], f"{what}: a certificate of another CA is refused")
    bad = settings(s.config, s, folder, database="127.0.0.1", redis="127.0.0.1")
    refused(s, "postgres", bad, ["does not match host name"], "postgres: a certificate of another name is refused")
    refused(s, "redis", bad, ["certificate verify failed", "mismatch"],
            "redis: a certificate of another name is refused")
