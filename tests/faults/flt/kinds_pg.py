"""PostgreSQL has no free connection, or its statements do not end."""

import os
import socket
import struct
import threading
import time

from . import machine
from .kinds import KINDS, Kind
from .stack import Gone, curl

LOCK = ("begin; lock table messages, channel_heads in access exclusive mode; "
        "select pg_sleep(%d); commit")
HELD_S = 3.0
LOCK_S = 7          # longer than ES_DATABASE_TIMEOUT_MS
SESSIONS_BESIDE = 4     # connections of the readiness checks, which use no pool


class ForeignSession:
    """A connection of another client, opened in PostgreSQL's protocol without libpq."""

    def __init__(self, stack):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(os.path.join(stack.run_dir, "pg", ".s.PGSQL.5432"))
        words = b"user\0echostream_app\0database\0echostream\0\0"
        self.sock.sendall(struct.pack("!II", 8 + len(words), 196608) + words)
        self.accepted = self.first_answer() == b"Z"
        if not self.accepted:
            self.sock.close()

    def first_answer(self):
        """PostgreSQL's answer to the startup: b"Z" is ready, b"E" is refused."""
        data = b""
        while True:
            while len(data) < 5 or len(data) < 1 + struct.unpack("!I", data[1:5])[0]:
                more = self.sock.recv(4096)
                if not more:
                    return b"E"
                data += more
            kind, size = data[:1], 1 + struct.unpack("!I", data[1:5])[0]
            data = data[size:]
            if kind in b"ZE":
                return kind


def take_all(stack, sessions, end):
    """Opens connections until PostgreSQL refuses one, at most until `end`."""
    while time.monotonic() < end:
        session = ForeignSession(stack)
        if session.accepted:
            sessions.append(session)
        else:
            return
    raise Gone("PostgreSQL still accepts connections after the time limit")


def pg_connections(f):
    """Another client takes all connections. The test also ends the programs' connections, so that the
    client takes these, too, and the programs cannot connect again."""
    sessions, end = [], time.monotonic() + HELD_S + 10
    try:
        take_all(f.stack, sessions, end)
        f.stack.sql("select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name like 'echostream-%'")
        end = time.monotonic() + HELD_S
        while time.monotonic() < end:
            take_all(f.stack, sessions, end)
            time.sleep(0.005)
        ours = f.stack.sql(SESSIONS)
    except OSError as e:
        raise Gone("PostgreSQL: %s" % e) from e
    finally:
        for session in sessions:
            session.sock.close()
    return "%d connections taken, the programs have %s" % (len(sessions), ours)


SESSIONS = ("select count(*) from pg_stat_activity "
            "where application_name like 'echostream-%'")


def pg_slow(f):
    """A lock lasts longer than every time-out. The programs' statements must time out, and the programs
    must not open further sessions."""
    allowed = len(f.stack.workers("api")) + 2 * len(f.stack.workers("push")) + len(
        f.stack.workers("fanout")) + SESSIONS_BESIDE
    lock = threading.Thread(target=f.stack.env.sql, args=(LOCK % LOCK_S,))
    lock.start()
    seen = 0
    try:
        while lock.is_alive():
            seen = max(seen, int(f.stack.sql(SESSIONS)))
            if not curl(f.stack.env.url + "/healthz"):
                machine.complaints.append("/healthz fails while PostgreSQL is slow")
            time.sleep(0.2)
    finally:
        lock.join()
    if seen > allowed:
        machine.complaints.append("%d sessions while PostgreSQL is slow; the programs may have %d" % (
            seen, allowed))
    return "locked for %d s, at most %d of %d sessions" % (LOCK_S, seen, allowed)


def add():
    KINDS["pg-connections"] = Kind("pg-connections", 5, pg_connections)
    KINDS["pg-slow"] = Kind("pg-slow", 5, pg_slow)
