"""A WebSocket client for stories: keeps all received frames in order, and waits for frames."""

import threading
import time

from .writers import Socket

WITHIN_S = 10.0


class Client:
    def __init__(self, load, who, direct=True):
        self.got = []
        self.cond = threading.Condition()
        self.sock = Socket(self._received, load.ws_of(who, direct), load.world.token(who))

    def _received(self, _sock, frame):
        with self.cond:
            self.got.append((time.monotonic(), frame))
            self.cond.notify_all()

    def send(self, **frame):
        self.sock.send_json(frame)

    def frames(self, kind=None, **wanted):
        with self.cond:
            return [f for _, f in self.got if (kind is None or f["type"] == kind)
                    and all(f.get(k) == v for k, v in wanted.items())]

    def wait(self, kind, seconds=WITHIN_S, **wanted):
        """Waits for a frame that matches, and returns the first one."""
        with self.cond:
            if not self.cond.wait_for(lambda: self.frames(kind, **wanted), seconds):
                raise TimeoutError("no %s %s within %g s; last: %s" % (
                    kind, wanted, seconds, [f for _, f in self.got[-3:]]))
            return self.frames(kind, **wanted)[0]

    def wait_for(self, ready, seconds, what):
        with self.cond:
            if not self.cond.wait_for(lambda: ready(self), seconds):
                raise TimeoutError("not within %g s: %s" % (seconds, what))

    def subscribe(self, channel, **more):
        self.send(type="subscribe", id="sub", channelId=channel, **more)
        return self.wait("ack", op="subscribe", channelId=channel)

    def alive(self):
        return self.sock.close_code is None

    def drop(self):
        self.sock.drop()
