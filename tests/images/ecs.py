"""The tasks of terraform/modules/stack/containers.tf, each of three containers. The first makes the
certificate and exits, the second runs lighttpd with TLS, and the third runs the program."""

import copy
import re
import time

from compose_file import text
from engine import Fault, run
from report import say

RUN = "/run/echostream"
TASKS = {"api": ("alb.conf", 8443, {}),
         "push": ("alb-push.conf", 8444, {"ES_PUSH_LISTEN": f"unix:{RUN}/push.sock",
                                          "ES_PUSH_OPS_LISTEN": f"unix:{RUN}/push-ops.sock"})}


def task(s, name):
    """Starts the three containers. They share a volume that no other container has."""
    conf, port, env = TASKS[name]
    config = copy.deepcopy(s.config)
    for one in config["services"].values():
        one.pop("tmpfs", None)
        for volume in one.get("volumes", []):
            volume["source"] = volume["source"].replace("run", f"run-{name}") \
                if volume["target"] == RUN else volume["source"]
    config["services"][name]["environment"].update(env)
    make_key = re.search(r'write_key = "(.*)"\n', text("terraform/modules/stack/containers.tf"))[1]
    s.engine.once(config, "api", "sh", "-ec", "umask 077; " + make_key.replace("${local.run}", RUN))
    s.engine.start(config, "api", command=["lighttpd", "-D", "-f", f"/usr/share/echostream/lighttpd/{conf}"],
                   container=f"front-{name}", more=["--env=ES_ROOT=/usr/share/echostream",
                                                    f"--env=ES_RUN_DIR={RUN}", f"--env=ES_TLS_PORT={port}",
                                                    "--env=ES_PROXY_FROM=127.0.0.0/8"])
    s.engine.start(config, name, command=[f"echostream-{name}"])


def ask(port, path, *words, check=True):
    return run(["curl", "-sS", "-k", "--http1.1", "-m", "5", *words, f"https://127.0.0.1:{port}{path}"],
               check).stdout


def healthy(s, name):
    port, limit = TASKS[name][1], time.monotonic() + 30
    while ask(port, "/healthz", "-w", "%{http_code}", "-o", "/dev/null", check=False) != "200":
        if time.monotonic() > limit:
            raise Fault(f"{name}: {s.engine.logs(name)[-2000:]}{s.engine.logs(f'front-{name}')[-2000:]}")
        time.sleep(0.3)
    say(True, f"the task {name} is healthy for the load balancer")


def all_of(s):
    for name in ("api", "push"):
        s.engine.podman("rm", "-f", "-t", "5", name, check=False)
        task(s, name)
        healthy(s, name)
    made = ask(8443, "/api/v1/admin/tenants", "-H", f"Authorization: Bearer {s.drawn['ES_OPERATOR_KEY']}",
               "-H", "Content-Type: application/json", "-d",
               '{"name":"ECS","adminEmail":"e@example.com","adminDisplayName":"E"}')
    token = re.search(r'"token":"([^"]*)"', made)
    say(token is not None, "REST over TLS works through the lighttpd of the task api", [made])
    seen = ask(8444, f"/ws?token={token[1]}", "-i", "-N", "-H", "Connection: Upgrade", "-H",
               "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", check=False)
    say("101 Switching" in seen and '"type":"hello"' in seen,
        "a WebSocket over TLS works through the lighttpd of the task push", [seen])
    for name in ("api", "push"):
        code, _ = s.engine.stop(s.config, name)
        s.engine.podman("stop", "-t", "35", f"front-{name}")
        front = int(s.engine.inspect(f"front-{name}", "{{.State.ExitCode}}"))
        say(code == 0 and front == 0, f"the containers of the task {name} exit with status 0 after SIGTERM",
            [f"exit {code}, {front}"])
