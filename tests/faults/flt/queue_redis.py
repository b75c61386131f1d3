"""The queue when it is Redis Streams (`redis:`): entries as nobody's program would put them."""

from . import entries

PARTITIONS = 8


class RedisQueue:
    name = "redis"
    in_redis = True         # FLUSHALL takes what is queued
    comes_again_s = 0       # positions are stored: the next owner goes on at once

    def __init__(self, stack):
        self.stack = stack

    def put(self, body, rng):
        self._add(rng.randrange(PARTITIONS), body)

    def _add(self, partition, body):
        self.stack.redis("XADD", "es:q:%d" % partition, "*", "e", body)

    def waiting(self):
        return sum(int(self.stack.redis("XLEN", "es:q:%d" % p)) for p in range(PARTITIONS))

    def repeat(self, rng):
        count = 0
        for p in range(PARTITIONS):
            bodies = entries.stream(self.stack.redis(
                "--json", "XREVRANGE", "es:q:%d" % p, "+", "-", "COUNT", "20"))
            again = bodies * 3
            rng.shuffle(again)
            for body in again[:15]:
                self._add(p, body)
                count += 1
        return count

    def given_up(self):
        """What the queue itself has put aside: this one does not."""
        return 0

    def most_receives(self):
        """How often a message that waits was given out: not counted here."""
        return 0
