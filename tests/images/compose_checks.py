"""The rules of docker-compose.yml: each takes the parsed file and yields complaints."""

import re

from compose_file import dockerfile, known_settings

# The addresses that docs/docker.md promises.
PORTS = {"postgres": [5432], "redis": [6379], "api": [8080], "fanout": [8081], "push": [8082],
         "sqs": [4566], "migrate": []}
OURS = ("api", "push", "fanout", "migrate", "sqs")
COMPILERS = r"\b(gcc|g\+\+|clang|make|meson|ninja-build|[a-z0-9.+-]+-dev|npm)\b"


def services(config):
    """The file has exactly the services of docs/docker.md."""
    if set(config["services"]) != set(PORTS):
        yield f"services are {sorted(config['services'])}, expected {sorted(PORTS)}"


def healthchecks(config):
    """Each service has a complete healthcheck."""
    for name, one in config["services"].items():
        check = one.get("healthcheck", {})
        if not check.get("test") or not all(check.get(k) for k in ("interval", "timeout", "retries")):
            yield f"{name} has no complete healthcheck"


def image_healthchecks(config):
    """Each of our images has the healthcheck of its service."""
    stages = dockerfile()
    for name in OURS:
        said = config["services"][name].get("healthcheck", {}).get("test", [])[1:]
        if stages[name].health() != said:
            yield f"{name}: the image checks {stages[name].health()}, compose checks {said}"


def limits(config):
    """Each service has limits on cpus and memory."""
    for name, one in config["services"].items():
        found = one.get("deploy", {}).get("resources", {}).get("limits", {})
        if not found.get("cpus") or not found.get("memory"):
            yield f"{name} has no limit on cpus or on memory"


def restarts(config):
    """Docker restarts each service except migrate."""
    for name, one in config["services"].items():
        wanted = "no" if name == "migrate" else "unless-stopped"
        if one.get("restart") != wanted:
            yield f"{name}: restart is {one.get('restart')}, expected {wanted}"


def logs(config):
    """The log of each service has a maximum size."""
    for name, one in config["services"].items():
        if not one.get("logging", {}).get("options", {}).get("max-size"):
            yield f"{name}: its log has no max-size"


def ports(config):
    """Each service publishes its ports on 127.0.0.1 only."""
    for name, one in config["services"].items():
        found = [(p.get("host_ip"), p["target"], p["published"]) for p in one.get("ports", [])]
        wanted = [("127.0.0.1", port, str(port)) for port in PORTS.get(name, [])]
        if found != wanted:
            yield f"{name}: ports are {found}, expected {wanted}"


def exposed(config):
    """The image declares the ports on which its program listens."""
    stages = dockerfile()
    for name in OURS:
        said = (stages[name].last("EXPOSE") or "").split()
        for port in PORTS[name]:
            if str(port) not in said:
                yield f"{name}: the image does not EXPOSE {port}"


def tags(config):
    """Each image has a tag of a version."""
    for name, one in config["services"].items():
        tag = re.search(r":([^:/]+)$", one.get("image", ""))
        if not tag or tag[1] == "latest":
            yield f"{name}: image {one.get('image')} has no tag, or the tag latest"


def targets(config):
    """Each of our services builds its own target of the Dockerfile."""
    stages = dockerfile()
    for name, one in config["services"].items():
        target = one.get("build", {}).get("target")
        if name in OURS and target != name:
            yield f"{name}: build target is {target}"
        if target and target not in stages:
            yield f"{name}: the Dockerfile has no target {target}"


def settings(config):
    """The services name only settings that a program knows."""
    known = known_settings()
    for name, one in config["services"].items():
        for setting in one.get("environment") or {}:
            plain = setting.removesuffix("_FILE")
            if re.match("ES_|AWS_", setting) and setting not in known and plain not in known:
                yield f"{name}: {setting} is an unknown setting"


def confined(config):
    """Our containers have a read-only root, no capability, and can gain no privilege."""
    for name in OURS:
        one = config["services"][name]
        if not one.get("read_only") or one.get("cap_drop") != ["ALL"] or one.get("privileged"):
            yield f"{name} may write its root file system, or has capabilities"
        if "no-new-privileges:true" not in one.get("security_opt", []):
            yield f"{name} may gain privileges"


def waits(config):
    """No program starts before the schema exists and Redis is healthy."""
    for name in ("api", "push", "fanout"):
        needs = {k: v["condition"] for k, v in config["services"][name]["depends_on"].items()}
        if needs.get("migrate") != "service_completed_successfully" or \
                needs.get("redis") != "service_healthy":
            yield f"{name} does not wait for migrate and redis"


def grace(config):
    """The grace period of a program covers its drain, and the kill of its workers afterwards."""
    for name in ("api", "push", "fanout"):
        said = config["services"][name].get("stop_grace_period", "10s")
        if not re.fullmatch(r"\d+s", said) or int(said[:-1]) < 30:
            yield f"{name}: stop_grace_period {said} is shorter than a drain"


CONFIG_RULES = [services, healthchecks, image_healthchecks, limits, restarts, logs, ports, exposed,
                tags, targets, settings, confined, waits, grace]


def final_images(stages):
    """No image of a service installs a compiler or runs as root. Process 1 is tini in each."""
    for name in OURS:
        stage, seen, chain = stages[name], [], []
        while stage:
            seen += stage.lines
            chain.append(stage)
            stage = stages.get(stage.base)
        installs = " ".join(line for line in seen if "apt-get install" in line)
        found = re.search(COMPILERS, installs)
        if found:
            yield f"{name} installs {found[0]}"
        if "--no-install-recommends" not in installs:
            yield f"{name} installs recommended packages"
        if chain[0].last("USER") in (None, "root", "0"):
            yield f"{name} runs as root"
        if not any((one.last("ENTRYPOINT") or "").startswith('["/usr/bin/tini"') for one in chain):
            yield f"{name}: process 1 is not tini"
