"""The limits that more instances do not raise today, and which of them a growing load meets first."""

import demand
import price

REDIS_CORES = 1             # one Redis has all topics, and one thread; its fsyncs don't count
POSTGRES_CORES = 192        # the largest db.r8g
STORED_BYTES = 128 * 2 ** 40    # the most that Aurora stores, as docs/deploy-aws.md: unchecked


def shares(costs, load, parts):
    """{limit: the share of it that this load uses}; above 1 the load is impossible."""
    need = demand.cores(costs, load, parts, full=True)
    found = {
        "Redis": need["redis"] / REDIS_CORES,
        "PostgreSQL": need["postgres"] / POSTGRES_CORES,
        "one channel": load["messagesPerS"] * load.get("hottestChannel", 0.0) /
        demand.channel_limit(costs, load, parts["push"], parts["commitS"]),
        "a month stored": load["messagesPerS"] * price.SECONDS * price.ROW_BYTES / STORED_BYTES,
    }
    if parts.get("queue") != "sqs":
        found["partitions"] = parts["fanout"] / demand.PARTITIONS_MAX
    return found


def first(costs, load, parts):
    """The limit of which the load uses most, and the rate of messages at which it is met."""
    found = shares(costs, load, parts)
    name = max(found, key=found.get)
    low, high = 1.0, 1e8
    for _ in range(60):
        middle = (low * high) ** 0.5
        if shares(costs, dict(load, messagesPerS=middle), parts)[name] < 1:
            low = middle
        else:
            high = middle
    return name, found[name], low
