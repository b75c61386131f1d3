"""Simulates the road of a message: accept, queue, turn of fanout, commit, publication, delivery."""

import random

import demand
from engine import Batcher, Clock, Cpu, Times

TICK_S = 0.01   # the work without messages comes in such steps
SAMPLED = 8     # push workers that are simulated; the others have the same load


class Fanout:
    """A worker of fanout: one turn after the other, each with all messages that wait, up to 500."""

    def __init__(self, road):
        self.road, self.waiting, self.working = road, [], False
        self.turns = self.taken = 0
        self.cpu = road.cpu("fanout", 1)

    def add(self, message):
        self.waiting.append(message)
        if not self.working:
            self.begin()

    def begin(self):
        self.working = True
        # A receive from SQS takes a while; from Redis it is part of the costs of a turn.
        self.road.clock.after(self.road.parts.get("queueS", 0.0) / 2, self.take)

    def take(self):
        n = demand.MESSAGES_OF_A_TURN
        turn, self.waiting = self.waiting[:n], self.waiting[n:]
        self.turns += 1
        self.taken += len(turn)
        c = self.road.costs["fanout"]
        self.cpu.do("fanout", c["turnS"] + len(turn) * c["messageS"], self.execute, turn)

    def execute(self, turn):
        c = self.road.costs["postgres"]
        self.road.postgres.do("postgres", c["turnS"] + len(turn) * c["messageS"], self.commit, turn)

    def commit(self, turn):
        self.road.wal.do(0.0, self.publish, turn)

    def publish(self, turn):
        road = self.road
        seconds = road.costs["redis"]["turnS"] + sum(
            demand.publish_s(road.costs, demand.holders(m[1], road.workers)) for m in turn)
        road.redis_for(self).do(seconds, self.finish, turn)

    def finish(self, turn):
        self.road.deliver(turn)
        self.working = False
        if self.waiting:
            self.begin()


class Road:
    def __init__(self, costs, load, parts, seed=1):
        self.costs, self.load, self.parts = costs, load, parts
        self.random, self.clock = random.Random(seed), Clock()
        self.workers = parts["push"]
        self.shared = Cpu(self.clock, parts["sharedCores"]) if "sharedCores" in parts else None
        self.postgres = self.cpu("postgres", parts.get("postgres", 1))
        self.wal = Batcher(self.clock, None, "wal", parts["commitS"])
        self.redis_cpus = [self.cpu("redis", 1) for _ in range(parts.get("redis", 1))]
        self.redis = [Batcher(self.clock, cpu, "redis", parts.get("redisSyncS", 0.0))
                      for cpu in self.redis_cpus]
        self.push = [self.cpu("push", 1) for _ in range(min(SAMPLED, self.workers))]
        self.fanouts = [Fanout(self) for _ in range(parts["fanout"])]
        self.classes = demand.groups(load)
        self.last_accept = costs["push"]["sendS"]
        self.times, self.sent, self.published, self.delivered = Times(), 0, 0, 0
        front = costs["front"]["frameS"] if parts.get("front", True) else 0.0
        self.send_s = costs["push"]["sendS"] + 2 * front
        self.delivery_s = costs["push"]["deliveryS"] + front
        self.until = 0.0
        self.start_background()

    def start_background(self):
        """What programs do without a message: timers, pings, heads."""
        heads = demand.heads_seconds(self.costs, self.load, self.workers)
        for program, cpus, more in (
                ("postgres", [self.postgres], heads), ("redis", self.redis_cpus, 0.0),
                ("push", self.push, 0.0), ("fanout", [self.fanouts[0].cpu], 0.0)):
            for cpu in cpus:
                self.background(cpu, program, (self.costs[program]["secondS"] + more) * TICK_S)

    def background(self, cpu, program, seconds):
        if self.clock.now <= self.until and seconds > 0:
            cpu.do(program, seconds, lambda: None)
            self.clock.after(TICK_S, self.background, cpu, program, seconds)

    def cpu(self, _program, cores):
        return self.shared or Cpu(self.clock, cores)

    def redis_for(self, fanout):
        return self.redis[self.fanouts.index(fanout) % len(self.redis)]

    # the road, step by step

    def arrive(self):
        if self.clock.now >= self.until:
            return
        self.clock.after(self.next_gap(), self.arrive)
        self.sent += 1
        message = (self.clock.now, self.pick(), self.random.choice(self.fanouts))
        if self.random.random() * self.workers < len(self.push):
            self.random.choice(self.push).do("push", self.send_s, self.accepted, message, True)
        else:   # a worker that is not simulated takes as long as the last that is
            self.clock.after(self.last_accept, self.accepted, message, False)

    def next_gap(self):
        rate = self.load["messagesPerS"]
        return 1 / rate if self.load.get("arrivals") == "even" else self.random.expovariate(rate)

    def pick(self):
        at = self.random.random()
        for share, subscribers in self.classes:
            at -= share
            if at < 0:
                return subscribers
        return self.classes[-1][1]

    def accepted(self, message, simulated):
        if simulated:
            self.last_accept = self.clock.now - message[0]
        sqs = self.parts.get("queue") == "sqs"
        seconds = demand.enqueue_s(self.costs, sqs)
        self.redis_for(message[2]).do(seconds, self.queued, message)

    def queued(self, message):
        self.clock.after(self.parts.get("queueS", 0.0) / 2, message[2].add, message)

    def deliver(self, turn):
        self.published += len(turn)
        for cpu in self.push:
            got = [(m, self.subscribers_of(m)) for m in turn]
            wake = self.costs["push"]["turnS"]
            for message, n in got:
                if n > 0:
                    cpu.do("push", wake + self.costs["push"]["eventS"] + n * self.delivery_s,
                           self.received, message, n)
                    wake = 0.0

    def subscribers_of(self, message):
        """Those on one worker."""
        return message[1] if self.workers == 1 else self.poisson(message[1] / self.workers)

    def poisson(self, mean):
        if mean > 30:
            return max(0, round(self.random.gauss(mean, mean ** 0.5)))
        n, left = 0, self.random.expovariate(1)
        while left < mean:
            n, left = n + 1, left + self.random.expovariate(1)
        return n

    def received(self, message, n):
        self.delivered += n
        if message[0] >= self.warm:
            self.times.add(self.clock.now - message[0], n)

    def run(self, seconds, warm=0.2):
        """Sends for `seconds`, then waits for the rest. Times of messages before `warm` don't count."""
        self.until, self.warm = seconds, warm
        self.clock.after(self.next_gap(), self.arrive)
        self.clock.run(seconds)
        busy = self.utilisation(seconds)
        turns, taken = self.turns()
        backlog = self.sent - self.published
        self.clock.run(seconds + 600)
        return {"busy": busy, "seconds": seconds, "p50": self.times.at(0.5), "p99": self.times.at(0.99),
                "sent": self.sent, "published": self.published, "delivered": self.delivered,
                "backlog": backlog, "turns": turns, "perTurn": taken / max(turns, 1)}

    def turns(self):
        return sum(f.turns for f in self.fanouts), sum(f.taken for f in self.fanouts)

    def utilisation(self, seconds):
        """The busy share of each part: 1 when each of its cores was busy all the time."""
        if self.shared is not None:
            found = {name: used / seconds for name, used in self.shared.used.items()}
            return dict(found, shared=self.shared.busy / seconds / self.shared.cores)
        parts = {"push": self.push, "redis": self.redis_cpus, "postgres": [self.postgres],
                 "fanout": [f.cpu for f in self.fanouts]}
        found = {name: sum(c.busy for c in cpus) / sum(c.cores for c in cpus) / seconds
                 for name, cpus in parts.items()}
        return dict(found, wal=self.wal.occupied / seconds)
