"""Counts the statements that push-server sends, with PostgreSQL's pg_stat_statements."""

# Texts that identify a statement; the first match counts, so the order matters.
STATEMENTS = (
    ("users", "es_authenticate_many("),
    ("rights", "es_rights("),
    ("pages", "FROM channel_heads h LEFT JOIN LATERAL"),
    ("heads", "es_heads("),
    ("versions", "es_acl_versions("),
    ("origins", "es_origins_allowed("),
)
# Statements that each worker also sends without a storm:
#   heads     once a second, and after each reconnect to Redis
#   versions  every 5 s, and for the first client of a tenant
#   origins   at most once in 5 s for each origin that a handshake names
PERIODIC = ("heads", "versions", "origins")
STORM = ("users", "rights", "pages")


def reset(world):
    world.sql("SELECT pg_stat_statements_reset()")


def counts(world):
    """Returns three dictionaries: {kind: calls} of the statements in STATEMENTS, {statement: calls} of all
    other statements, and {kind: milliseconds of the slowest call}."""
    found, others, slowest = {name: 0 for name, _ in STATEMENTS}, {}, {}
    for row in world.sql("SELECT calls, ceil(max_exec_time), replace(query, E'\\n', ' ') FROM pg_stat_statements "
                         "WHERE userid = 'echostream_app'::regrole").splitlines():
        calls, ms, query = row.split("|", 2)
        name = next((n for n, part in STATEMENTS if part in query), None)
        if name is None:
            others[query[:60]] = others.get(query[:60], 0) + int(calls)
        else:
            found[name] += int(calls)
            slowest[name] = max(slowest.get(name, 0), int(ms))
    return found, others, slowest
