"""Monthly prices on AWS, in US dollars. The prices of docs/deploy-aws.md: unchecked list prices of
us-east-1, as the author remembered them."""

import math

HOURS = 730
SECONDS = HOURS * 3600
GB = 1e9

VCPU, MEMORY_GB = 0.04048, 0.004445     # Fargate, an hour
AURORA_VCPU = 0.138         # an hour of db.r8g, for each vCPU: 0.276 for 2, 1.104 for 8
AURORA_SIZES = (2, 4, 8, 16, 32, 48, 64, 96, 192)
VALKEY_NODE = 0.1264        # an hour of cache.m7g.large
ALB, ALB_UNIT = 0.0225, 0.008
UNIT_SOCKETS, UNIT_BYTES = 3000, 1e9    # of an ALB's capacity unit: active sockets; bytes an hour
SQS_CALL = 0.50 / 1e6
STORED_GB, IO = 0.10, 0.20 / 1e6
TRAFFIC_GB = 0.09
OTHER = 170                 # NAT, endpoints, logs, alarms, key, secrets: those of 10,000 sockets

DATABASES = 2               # a writer and its stand-by
VALKEY_NODES = 3            # of each Redis
SQS_CALLS = 3               # of a message; one call can carry ten, so a tenth is the lower bound
IOS = 2                     # of a message in Aurora, as docs/deploy-aws.md assumes
FRAME_BYTES = 500
ROW_BYTES = 700             # a stored message with its indexes: 491 (docs/capacity.md), a longer body


def aurora_vcpus(cores):
    """Those of the smallest db.r8g that has so many cores."""
    return next((n for n in AURORA_SIZES if n >= cores), AURORA_SIZES[-1])


def month(load, parts, deliveries):
    """{item: dollars} of a month at this load all the time, and of parts that are sized for it."""
    rate = load["messagesPerS"]
    messages = rate * SECONDS
    sent_bytes = messages * deliveries * FRAME_BYTES
    units = max(load["sockets"] / UNIT_SOCKETS, sent_bytes / HOURS / UNIT_BYTES)
    tasks = parts["push"] + max(2, math.ceil(parts["fanout"] / 2))     # two workers in a task
    found = {
        "tasks": HOURS * tasks * (VCPU + 2 * MEMORY_GB),
        "alb": HOURS * (ALB + units * ALB_UNIT),
        "aurora": HOURS * DATABASES * AURORA_VCPU * aurora_vcpus(parts["postgres"]),
        "valkey": HOURS * VALKEY_NODE * VALKEY_NODES * parts["redis"],
        "other": OTHER,
        "sqs": messages * SQS_CALLS * SQS_CALL if parts.get("queue") == "sqs" else 0.0,
        "stored": messages * (ROW_BYTES / GB * STORED_GB + IOS * IO),
        "traffic": sent_bytes / GB * TRAFFIC_GB,
    }
    return found


def instances(found):
    return sum(found[k] for k in ("tasks", "alb", "aurora", "valkey", "other"))


def volumes(found):
    return sum(found[k] for k in ("sqs", "stored", "traffic"))
