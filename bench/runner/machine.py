"""Names the machine and the versions, without which a figure means nothing."""

import os
import platform
import re
import statistics
import subprocess
import tempfile
import time


def first_line(command, cwd=None):
    try:
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, cwd=cwd,
                              stderr=subprocess.DEVNULL, timeout=20, check=False)
    except OSError:
        return ""
    return done.stdout.partition("\n")[0].strip()


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        found = re.search(r"^(?:model name|Hardware|CPU part)\s*: (.*)$", f.read(), re.M)
    return found[1] if found else platform.machine()


def memory_mib():
    with open("/proc/meminfo", encoding="utf-8") as f:
        return int(re.search(r"^MemTotal:\s+(\d+)", f.read(), re.M)[1]) // 1024


def fsync_ms(folder, times=50):
    """Median time of a small write with fdatasync in the stack's folder: each commit waits for one."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder) as f:
        for _ in range(times):
            os.write(f.fileno(), b"x" * 512)
            at = time.monotonic()
            os.fdatasync(f.fileno())
            taken.append((time.monotonic() - at) * 1000)
    return round(statistics.median(taken), 3)


def describe(root, build, folder, places):
    """Everything that a reader needs to judge a figure."""
    postgres = sorted(n for n in (15, 17) if os.path.exists("/usr/lib/postgresql/%d/bin" % n))
    redis = next((line for name in ("valkey-server", "redis-server")
                  for line in [first_line([name, "--version"])] if line), "")
    changes = first_line(["git", "status", "--porcelain", "--untracked-files=no"], root)
    return {
        "cpu": cpu_model(), "cores": os.cpu_count(), "memoryMiB": memory_mib(),
        "serverCores": sorted(places.server), "loadCores": sorted(places.load),
        "kernel": platform.release(), "fdatasyncMs": fsync_ms(folder),
        "loadAverage": round(os.getloadavg()[0], 1),
        "echostream": first_line([os.path.join(build, "ctl", "echostreamctl"), "--version"]),
        "commit": first_line(["git", "rev-parse", "--short", "HEAD"], root)
        + (" with changes" if changes else ""),
        "postgresql": postgres[-1] if postgres else None,
        "redis": re.sub(r".*?(valkey|redis|Redis|Valkey).*?v=([0-9.]+).*", r"\1 \2", redis).lower(),
        "lighttpd": first_line(["lighttpd", "-v"]).split(" ")[0],
    }


def one_line(machine):
    return "%(cpu)s, %(cores)d cores, %(memoryMiB)d MiB, Linux %(kernel)s, fdatasync %(fdatasyncMs)s " \
        "ms, load %(loadAverage)s; %(echostream)s (%(commit)s), PostgreSQL %(postgresql)s, " \
        "%(redis)s, %(lighttpd)s" % machine


class Places:
    """The cores of the server and of the load."""

    def __init__(self):
        cores = sorted(os.sched_getaffinity(0))
        half = max(1, len(cores) // 2)
        self.server = set(cores[:half])
        self.load = set(cores[half:]) or self.server
        self.shared = self.server == self.load
