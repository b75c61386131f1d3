"""What a load asks of each part, by arithmetic: copies, turns, cores, sockets, and the limits."""

import math

MESSAGES_OF_A_TURN = 500    # ES_FANOUT_BATCH
PARTITIONS_MAX = 256        # ES_QUEUE_PARTITIONS
HEADS_ROUND_S = 30          # a push worker compares each head once in this time


def groups(load):
    """[(share of the messages, subscribers of their channels)]; the shares add up to 1."""
    found = load["subscribers"]
    return [(1.0, found)] if isinstance(found, (int, float)) else [tuple(g) for g in found]


def deliveries(load):
    """Deliveries of an average message."""
    return sum(share * subscribers for share, subscribers in groups(load))


def holders(subscribers, workers):
    """Expected number of push workers that hold a channel whose subscribers chose theirs by chance."""
    return workers * (1 - (1 - 1 / workers) ** subscribers)


def copies(load, workers):
    """Workers of push-server to which Redis copies an average message."""
    return sum(share * holders(subscribers, workers) for share, subscribers in groups(load))


def enqueue_s(costs, sqs=False):
    """Redis's CPU seconds to accept a message: its limits, and its entry in the queue."""
    return costs["redis"]["enqueueS"] - (costs["redis"]["xaddS"] if sqs else 0)


def publish_s(costs, held_by):
    """Redis's CPU seconds to publish an event to so many workers, and the outcome to its sender."""
    return costs["redis"]["publishS"] + (held_by - 1) * costs["redis"]["copyS"]


def redis_of_a_message(costs, load, workers, sqs=False):
    return enqueue_s(costs, sqs) + publish_s(costs, copies(load, workers))


def woken(load, workers, n):
    """Workers of push-server that receive at least one event of a turn of n messages."""
    return workers * (1 - math.exp(-n * copies(load, workers) / workers))


def push_seconds(costs, load, parts, n):
    """CPU seconds of all push workers in a second, with those of lighttpd in front of them. n: the
    messages of a turn."""
    c, rate, workers = costs["push"], load["messagesPerS"], parts["push"]
    own = c["sendS"] + copies(load, workers) * c["eventS"] + deliveries(load) * c["deliveryS"]
    frames = deliveries(load) + 2       # the send and its ack
    front = frames * costs["front"]["frameS"] if parts.get("front", True) else 0.0
    return workers * c["secondS"] + rate / n * woken(load, workers, n) * c["turnS"] + \
        rate * (own + front)


def heads_seconds(costs, load, workers):
    """PostgreSQL's CPU seconds, in a second, for the heads that push workers compare."""
    channels = load["sockets"] / max(deliveries(load), 1)
    return channels * copies(load, workers) / HEADS_ROUND_S * costs["postgres"]["headS"]


def turn(costs, load, fanouts, workers, commit_s, queue_s=0.0):
    """Returns (messages of a turn, seconds of a turn) of one of the workers of fanout. The longer a
    turn, the more messages wait for the next: n = rate x (fixed + n x each)."""
    rate = load["messagesPerS"] / fanouts
    each = costs["postgres"]["messageS"] + costs["fanout"]["messageS"] + \
        publish_s(costs, copies(load, workers))
    fixed = costs["postgres"]["turnS"] + costs["fanout"]["turnS"] + costs["redis"]["turnS"] + \
        commit_s + queue_s / 2
    full = fixed + MESSAGES_OF_A_TURN * each
    if rate * full >= MESSAGES_OF_A_TURN:
        return MESSAGES_OF_A_TURN, full
    n = max(1.0, rate * fixed / (1 - rate * each))
    return n, fixed + n * each


def channel_limit(costs, load, workers, commit_s):
    """Most messages a second of one channel: one worker of fanout has all of its messages, and
    commits them in full turns, one after the other."""
    one = dict(load, messagesPerS=1e9)
    n, seconds = turn(costs, one, 1, workers, commit_s)
    return n / seconds


def messages_of_a_turn(costs, load, parts):
    return turn(costs, load, parts["fanout"], parts["push"], parts["commitS"],
                parts.get("queueS", 0.0))[0]


def cores(costs, load, parts, full=False):
    """CPU cores that each part needs at this load, when all of it arrives evenly. `full`: with full
    turns. Turns grow when a part is slow, so a part meets its limit only with full turns."""
    rate = load["messagesPerS"]
    n = MESSAGES_OF_A_TURN if full else messages_of_a_turn(costs, load, parts)
    found = {"push": push_seconds(costs, load, parts, n)}
    for name, each in (("fanout", costs["fanout"]["messageS"]),
                       ("postgres", costs["postgres"]["messageS"]),
                       ("redis", redis_of_a_message(costs, load, parts["push"],
                                                    parts.get("queue") == "sqs"))):
        found[name] = costs[name]["secondS"] + rate / n * costs[name]["turnS"] + rate * each
    found["postgres"] += heads_seconds(costs, load, parts["push"])
    return found


def size(costs, load, plan):
    """The number of each part at which none is above plan["busy"]. plan: busy, socketsOfATask,
    turnMessages, commitS, queueS, queue."""
    parts = dict(plan, fanout=2, redis=1)
    parts["push"] = max(2, math.ceil(load["sockets"] / plan["socketsOfATask"]))
    while messages_of_a_turn(costs, load, parts) > plan["turnMessages"]:
        parts["fanout"] += 1
    while cores(costs, load, parts)["push"] > plan["busy"] * parts["push"]:
        parts["push"] = math.ceil(parts["push"] * 1.02) + 1
    need = cores(costs, load, parts)
    parts["postgres"] = max(2, math.ceil(need["postgres"] / plan["busy"]))
    parts["redis"] = max(1, math.ceil(need["redis"] / plan["busy"]))
    return parts, need
