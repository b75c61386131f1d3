"""Faults of SQS. During a fault the programs must report the reason, be not ready but alive, and back
off from requests."""

import signal
import time
import uuid
from concurrent import futures

from .kinds import kind
from .stack import http_answer

READY = ("/readyz", "/push/readyz", "/fanout/readyz")
WITHIN_S = 9                # a check may wait ES_SQS_TIMEOUT_MS for each of two queues
# The most requests of programs that back off: some at once, then a number per second.
AT_FIRST = 60
MOST_A_SECOND = {"ReceiveMessage": 20, "SendMessageBatch": 30, "DeleteMessageBatch": 30,
                 "credentials": 30}


class Watch:
    """Watches the programs during a fault of SQS; complaints go to f.wrong."""

    def __init__(self, f, name, said):
        self.f, self.name, self.said = f, name, said
        self.queue, self.at = f.stack.queue, time.monotonic()
        self.from_byte = f.stack.log_sizes()
        self.before = self.queue.tell("counts")
        self.bodies = []

    def wrong(self, text):
        self.f.wrong.append("%s: %s" % (self.name, text))

    def until_red(self):
        """True when all three programs are red and alive."""
        with futures.ThreadPoolExecutor(len(READY)) as pool:
            list(pool.map(lambda path: self._until(path, 503), READY))
        self._until("/healthz", 200)

    def _until(self, path, wanted):
        """Waits for the status: a check takes time, and a program killed just before must start."""
        end, status = time.monotonic() + WITHIN_S, None
        while status != wanted:
            if status is not None and time.monotonic() > end:
                self.wrong("%s is %d" % (path, status))
                return
            status, body = http_answer(self.f.stack.env.url + path)
            self.bodies.append(body)
            time.sleep(0.05)

    def close(self):
        took = time.monotonic() - self.at
        counts = self.queue.tell("counts")
        for action, most in MOST_A_SECOND.items():
            n = counts.get(action, 0) - self.before.get(action, 0)
            if n > AT_FIRST + most * took:
                self.wrong("%s %d times in %.1f s" % (action, n, took))
        # When the fault before began the outage, the log has its line already.
        if self.said and not any(self.said in body for body in self.bodies) and \
                not self.f.stack.logged(self.from_byte, self.said):
            self.wrong("neither a log nor /readyz says %r" % self.said)


def broken(f, name, said, begin, end):
    """Breaks SQS between begin and end, at least until all programs are red."""
    watch = Watch(f, name, said)
    begin()
    try:
        watch.until_red()
        time.sleep(f.rng.uniform(0.3, 1.2))
        watch.close()
    finally:
        end()
    return "%.1f s" % (time.monotonic() - watch.at)


def refusing(f, who, said, **fault):
    queue = f.stack.queue
    return broken(f, who, said, lambda: queue.tell("fault", for_s=60, **fault),
                  lambda: queue.tell("calm"))


@kind(5, queue="sqs")
def sqs_throttle(f):
    return refusing(f, "sqs-throttle", "SQS is throttling", name="RequestThrottled")


@kind(5, queue="sqs")
def sqs_errors(f):
    return refusing(f, "sqs-errors", "SQS refuses: InternalFailure", name="InternalFailure",
                    status=500)


@kind(5, queue="sqs")
def sqs_no_queue(f):
    return refusing(f, "sqs-no-queue", "SQS: a queue does not exist", name="QueueDoesNotExist")


@kind(10, queue="sqs")
def sqs_hang(f):
    """SQS accepts requests and does not answer. The limit includes the long poll of a receive."""
    return refusing(f, "sqs-hang", "SQS: Timeout was reached", hang=True)


@kind(5, queue="sqs")
def sqs_keys_wrong(f):
    """SQS expects another secret for a while, and the role's endpoint has no newer one."""
    now = f.stack.queue.tell("keys_now")
    return other_keys(f, "sqs-keys-wrong", "SQS: the signature is refused",
                      dict(now, secret="another"), now)


@kind(5, queue="sqs")
def sqs_keys_expired(f):
    """The keys have expired; the role's endpoint is away at first, then returns new ones."""
    access = "ASIA" + uuid.uuid4().hex[:16]     # not from the seed, so that no run repeats a key
    new = {"access": access, "secret": "s" + access, "token": "t" + access,
           "old": "ExpiredToken"}
    return other_keys(f, "sqs-keys-expired", "SQS: the session token has expired", new, new)


def other_keys(f, name, said, meanwhile, after):
    queue = f.stack.queue
    return broken(f, name, said, lambda: queue.tell("keys", shown="by nobody", **meanwhile),
                  lambda: queue.tell("keys", **after))


@kind(5, holds=True, queue="sqs")
def sqs_batch_failures(f):
    """Parts of batches fail: deletes finally (the message comes again), sends for a while."""
    queue, watch = f.stack.queue, Watch(f, "sqs-batch-failures", "")
    queue.tell("fault", action="DeleteMessageBatch", entries=[0, 3], name="InternalError",
               sender=True, times=6, for_s=3)
    queue.tell("fault", action="SendMessageBatch", entries=[0], name="InternalError", times=6,
               for_s=3)
    time.sleep(f.rng.uniform(1.5, 3))
    watch.close()
    queue.tell("calm")
    return "parts of batches"


@kind(5, holds=True, queue="sqs")
def sqs_kill(f):
    """The test server stores nothing: its kill loses queued messages, like FLUSHALL."""
    return f.lose_queue(lambda: f.replace("sqs", signal.SIGKILL))


@kind(5, queue="sqs")
def sqs_freeze(f):
    f.freeze(f.stack.master("sqs"), f.rng.uniform(0.5, 2.5))
    return "frozen"
