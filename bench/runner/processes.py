"""Processes: which belong to a program, on which cores they run, how much memory and CPU they use."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def children():
    """{pid: its children} of all processes."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as f:
                    parent = int(f.read().rpartition(") ")[2].split()[1])
                found.setdefault(parent, []).append(int(name))
            except OSError:
                pass    # the process has ended
    return found


def tree(root, of):
    """The process and all its descendants; `of` comes from children()."""
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += of.get(pid, [])
    return found


def pin(pids, cores):
    """Moves all threads of these processes to these cores."""
    for pid in pids:
        try:
            for thread in os.listdir("/proc/%d/task" % pid):
                os.sched_setaffinity(int(thread), cores)
        except OSError:
            pass        # the process or the thread has ended


def cpu_seconds(pids):
    """CPU time of these processes and of their children that have ended."""
    ticks = 0
    for pid in pids:
        try:
            with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as f:
                ticks += sum(int(n) for n in f.read().rpartition(") ")[2].split()[11:15])
        except OSError:
            pass
    return ticks / TICKS


def busy_seconds(cores):
    """Time that these cores have worked for any process, or were taken away by a hypervisor."""
    ticks = 0
    with open("/proc/stat", encoding="utf-8") as f:
        for line in f:
            name, *numbers = line.split()
            if name[:3] == "cpu" and name[3:].isdigit() and int(name[3:]) in cores:
                user, nice, system, _, _, irq, softirq, steal = map(int, numbers[:8])
                ticks += user + nice + system + irq + softirq + steal
    return ticks / TICKS


def user_bytes(pids):
    """Anonymous memory that is resident: what the program itself allocated, without the code that
    processes share, and without memory of the kernel."""
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid, encoding="utf-8") as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("RssAnon:"))
    return total * 1024
