"""Runs a service of docker-compose.yml as a container, by podman and runc, in the network namespace of
the caller. In the container the name of each service is an alias of 127.0.0.1."""

import json
import os
import resource
import subprocess
import time

from compose_file import ROOT, dockerfile


class Fault(Exception):
    pass


def run(words, check=True, timeout=180):
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=timeout)
    if check and done.returncode != 0:
        raise Fault(f"{words[0]} ... {' '.join(words[-4:])}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Engine:
    def __init__(self, store, folder):
        # All files except the images are in `folder`, so that nothing is left when the caller removes it.
        self.base = ["podman", "--root", store, "--runroot", f"{folder}/run", "--tmpdir",
                     f"{folder}/tmp", "--volumepath", f"{folder}/volumes", "--runtime", "runc",
                     "--cgroup-manager=cgroupfs"]
        self.clear()  # a killed run may have left containers

    def podman(self, *words, check=True, timeout=180):
        return run([*self.base, *words], check, timeout)

    def clear(self):
        """Removes all containers and volumes; images stay."""
        self.podman("rm", "-f", "-a", "-t", "0", "-v", check=False)
        self.podman("volume", "rm", "-f", "-a", check=False)

    def words(self, config, name, one):
        """Translates the service to options of `podman run`."""
        # This machine may allow fewer descriptors than the file asks for.
        files = min(one.get("ulimits", {}).get("nofile", 4096), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        words = ["--network=host", "--pull=never", "--log-driver=k8s-file", "--read-only-tmpfs=false",
                 "--http-proxy=false", f"--ulimit=nofile={files}", "--ulimit=nproc=4096"]
        words += [f"--add-host={other}:127.0.0.1" for other in config["services"]]
        words += [f"--env={k}={v}" for k, v in (one.get("environment") or {}).items() if v is not None]
        words += ["--read-only"] if one.get("read_only") else []
        words += [f"--tmpfs={entry}" for entry in one.get("tmpfs", [])]
        words += [f"--cap-drop={entry}" for entry in one.get("cap_drop", [])]
        words += [f"--security-opt={entry.removesuffix(':true')}" for entry in one.get("security_opt", [])]
        for v in one.get("volumes", []):
            words.append(f"--volume={v['source']}:{v['target']}{':ro' if v.get('read_only') else ''}")
        for secret in one.get("secrets", []):
            file = config["secrets"][secret["source"]]["file"]
            words.append(f"--volume={file}:/run/secrets/{secret['source']}:ro")
        if "stop_signal" in one:
            words.append(f"--stop-signal={one['stop_signal']}")
        limits = one["deploy"]["resources"]["limits"]
        words += [f"--memory={limits['memory']}", f"--cpus={limits['cpus']}",
                  f"--pids-limit={limits.get('pids', 0) or -1}"]
        test = one["healthcheck"]["test"]
        words += ["--health-interval=disable",
                  "--health-cmd=" + (test[1] if test[0] == "CMD-SHELL" else json.dumps(test[1:]))]
        return words

    def image(self, one):
        """The image of the service: our own, or the stand-in for postgres or redis."""
        target = one.get("build", {}).get("target")
        return f"localhost/echostream-{target}:dev" if target in dockerfile() else \
            f"localhost/echostream-test-{one['image'].split(':')[0]}:dev"

    def start(self, config, name, command=None, more=(), container=None):
        """Starts the service in the background, and removes an older container of this name first."""
        one = config["services"][name]
        container = container or name
        self.podman("rm", "-f", "-t", "5", container, check=False)
        self.podman("run", "-d", f"--name={container}", *self.words(config, name, one), *more,
                    self.image(one), *(command or one.get("command") or []))

    def once(self, config, name, *command, more=(), check=True):
        """Runs the service in the foreground; returns its result."""
        one = config["services"][name]
        return self.podman("run", "--rm", *self.words(config, name, one), *more, self.image(one),
                           *(command or one.get("command") or []), check=check)

    def healthy(self, container, seconds=60):
        """Waits until the container is healthy. On failure raises Fault with the end of its log."""
        limit = time.monotonic() + seconds
        while self.podman("healthcheck", "run", container, check=False).returncode != 0:
            if time.monotonic() > limit or not self.running(container):
                raise Fault(f"{container} is not healthy:\n{self.logs(container)[-4000:]}")
            time.sleep(0.3)

    def inspect(self, container, what):
        return self.podman("inspect", "--format", what, container).stdout.strip()

    def running(self, container):
        return self.inspect(container, "{{.State.Running}}") == "true"

    def ended(self, container, seconds):
        """Waits until the container has exited. Returns its exit status, or None after `seconds`."""
        limit = time.monotonic() + seconds
        while self.running(container):
            if time.monotonic() > limit:
                return None
            time.sleep(0.1)
        return int(self.inspect(container, "{{.State.ExitCode}}"))

    def stop(self, config, name):
        """Stops the service as `docker compose stop` does. Returns (exit status, seconds taken)."""
        grace = config["services"][name].get("stop_grace_period", "10s").removesuffix("s")
        at = time.monotonic()
        self.podman("stop", "-t", grace, name, timeout=int(grace) + 60)
        return int(self.inspect(name, "{{.State.ExitCode}}")), time.monotonic() - at

    def logs(self, container):
        done = self.podman("logs", container, check=False)
        return done.stdout + done.stderr

    def exec(self, container, *words, check=True):
        return self.podman("exec", container, *words, check=check)

    def size(self, image):
        """The size of the unpacked image in bytes."""
        return int(self.podman("image", "inspect", "--format", "{{.Size}}", image).stdout)


def scenario(env_file, *names):
    """Runs scenario files against the stack; returns the runner's result."""
    return subprocess.run(["python3", "tests/scenario/run.py", "--env", env_file, "--schemas", "api",
                           *(f"tests/scenario/{n}.scn" for n in names)],
                          cwd=ROOT, capture_output=True, text=True, env={
                              "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")})
