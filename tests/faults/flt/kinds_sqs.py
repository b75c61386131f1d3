"""Faults of SQS. During a fault the programs must report the reason, be alive but not ready, and back
off."""

import signal
import time
import uuid
from concurrent import futures

from .kinds import kind
from .stack import http_answer

READY = ("/readyz", "/push/readyz", "/fanout/readyz")
WITHIN_S = 9                # a check may wait ES_SQS_TIMEOUT_MS for each of two queues
# During a fault the programs may send AT_FIRST requests of an action, plus MOST_A_SECOND for each second.
AT_FIRST = 60
MOST_A_SECOND = {"ReceiveMessage": 20, "SendMessageBatch": 30, "DeleteMessageBatch": 30,
                 "credentials": 30}


class Watch:
    """Watches the programs during a fault of SQS, and adds wrong symptoms to f.wrong."""

    def __init__(self, f, name, reason):
        self.f, self.name, self.reason = f, name, reason
        self.queue, self.at = f.stack.queue, time.monotonic()
        self.log_sizes = f.stack.log_sizes()
        self.before = self.queue.control("counts")
        self.bodies = []

    def wrong(self, text):
        self.f.wrong.append("%s: %s" % (self.name, text))

    def until_not_ready(self):
        """Waits until no program is ready. The programs must stay alive."""
        with futures.ThreadPoolExecutor(len(READY)) as pool:
            list(pool.map(lambda path: self._until(path, 503), READY))
        self._until("/healthz", 200)

    def _until(self, path, wanted):
        """Waits for the status, because a check takes time and a program may still be starting."""
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
        counts = self.queue.control("counts")
        for action, allowed in MOST_A_SECOND.items():
            n = counts.get(action, 0) - self.before.get(action, 0)
            if n > AT_FIRST + allowed * took:
                self.wrong("%s %d times in %.1f s" % (action, n, took))
        # If an earlier fault began the outage, the log has no new line, and only /readyz has the reason.
        if self.reason and not any(self.reason in body for body in self.bodies) and \
                not self.f.stack.logged(self.log_sizes, self.reason):
            self.wrong("neither a log nor /readyz names the reason %r" % self.reason)


def broken(f, name, reason, begin, end):
    """Breaks SQS by begin(), waits until no program is ready, and repairs SQS by end()."""
    watch = Watch(f, name, reason)
    begin()
    try:
        watch.until_not_ready()
        time.sleep(f.rng.uniform(0.3, 1.2))
        watch.close()
    finally:
        end()
    return "%.1f s" % (time.monotonic() - watch.at)


def refusing(f, kind_name, reason, **fault):
    queue = f.stack.queue
    return broken(f, kind_name, reason, lambda: queue.control("fault", for_s=60, **fault),
                  lambda: queue.control("calm"))


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
    """SQS accepts requests and does not answer. The limit includes the long poll of a receive request."""
    return refusing(f, "sqs-hang", "SQS: Timeout was reached", hang=True)


@kind(5, queue="sqs")
def sqs_keys_wrong(f):
    """SQS expects another secret for a while, which the role's endpoint does not have yet."""
    now = f.stack.queue.control("keys_now")
    return other_keys(f, "sqs-keys-wrong", "SQS: the signature is refused",
                      dict(now, secret="another"), now)


@kind(5, queue="sqs")
def sqs_keys_expired(f):
    """The keys have expired. The role's endpoint does not answer at first, then it returns new keys."""
    access = "ASIA" + uuid.uuid4().hex[:16]     # new in each run, also with the same seed
    new = {"access": access, "secret": "s" + access, "token": "t" + access,
           "old": "ExpiredToken"}
    return other_keys(f, "sqs-keys-expired", "SQS: the session token has expired", new, new)


def other_keys(f, name, reason, meanwhile, after):
    queue = f.stack.queue
    return broken(f, name, reason, lambda: queue.control("keys", shown="by nobody", **meanwhile),
                  lambda: queue.control("keys", **after))


@kind(5, redelivers=True, queue="sqs")
def sqs_batch_failures(f):
    """Single entries of batches fail. Deletes fail with a permanent error, so SQS delivers these messages
    again. Sends fail with a temporary error."""
    queue, watch = f.stack.queue, Watch(f, "sqs-batch-failures", "")
    queue.control("fault", action="DeleteMessageBatch", entries=[0, 3], name="InternalError",
               sender=True, times=6, for_s=3)
    queue.control("fault", action="SendMessageBatch", entries=[0], name="InternalError", times=6,
               for_s=3)
    time.sleep(f.rng.uniform(1.5, 3))
    watch.close()
    queue.control("calm")
    return "parts of batches"


@kind(5, redelivers=True, queue="sqs")
def sqs_kill(f):
    """The test server stores nothing on disk, so killing it loses the queued messages."""
    return f.lose_queue(lambda: f.replace("sqs", signal.SIGKILL))


@kind(5, queue="sqs")
def sqs_freeze(f):
    f.freeze(f.stack.master("sqs"), f.rng.uniform(0.5, 2.5))
    return "frozen"
