"""Operations on the queue in Redis Streams (`redis:`), such as adding an invalid entry."""

from . import entries

PARTITIONS = 8


class RedisQueue:
    name = "redis"
    redelivery_s = 0       # the next owner of a partition continues at the stored position without a wait

    def __init__(self, stack):
        self.stack = stack
        self.own_url = stack.env.get("ES_QUEUE_REDIS_URL")
        self.process = "qredis" if self.own_url else None       # the server that holds only the queue
        self.in_redis = not self.own_url        # FLUSHALL deletes queued messages

    def _redis(self, *words):
        return self.stack.redis(*words, url=self.own_url)

    def put(self, body, rng):
        self._add(rng.randrange(PARTITIONS), body)

    def _add(self, partition, body):
        self._redis("XADD", "es:q:%d" % partition, "*", "e", body)

    def waiting(self):
        return sum(int(self._redis("XLEN", "es:q:%d" % p)) for p in range(PARTITIONS))

    def repeat(self, rng):
        count = 0
        for p in range(PARTITIONS):
            bodies = entries.stream(self._redis(
                "--json", "XREVRANGE", "es:q:%d" % p, "+", "-", "COUNT", "20"))
            again = bodies * 3
            rng.shuffle(again)
            for body in again[:15]:
                self._add(p, body)
                count += 1
        return count

    def given_up(self):
        """The number of messages that the queue itself moved to a dead-letter queue. Redis has none."""
        return 0

    def most_receives(self):
        """The maximum number of deliveries of a message. Always 0, because Redis does not count them."""
        return 0
