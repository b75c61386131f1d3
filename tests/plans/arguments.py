"""The arguments of each statement: lists of arguments, one list for each call.

A statement that is missing here fails the suite. So does an empty list without a reason in LEFT_OUT,
and a name that no program has. The ids are those of load.sql.
"""


def row(kind, i):
    return f"{kind:08}-0000-7000-8000-{i:012}"


def many(*values):
    return "{" + ",".join(str(value) for value in values) + "}"


def key(i):
    """The dedupe key of message i."""
    return f"{i:032x}"


T = row(1, 1)
OWNER, BOT, BOB, READER, GUEST = (row(2, i) for i in (1, 2, 3, 9999, 10000))
HOT, QUIET, LATE = row(3, 1), row(3, 2), row(3, 9999)
NEW = row(9, 1)
ISSUER = "https://issuer1.example"
HASH = "\\x" + "00" * 32
USERS = [row(2, i) for i in range(100, 150)]
CHANNELS = [row(3, i) for i in range(100, 150)]
PAGE = 51  # rows: the stores read one more than a page, to see whether another page follows
DEEP = 9900  # number of a row close to the end of a list of 10,000
BAN_DEEP = row(2, 4900)

ARGUMENTS = {
    "api_key_bearer": [[HASH, None], [HASH, BOB]],
    "api_key_used": [[T, row(6, 2000)]],
    "api_key_bot": [[T, BOT]],
    "api_key_count": [[T]],
    "api_key_forget": [[T]],
    "api_key_insert": [[T, NEW, HASH, "abcd", "key", "{}", BOT, OWNER, 1900000000000]],
    "api_key_list": [[T, None, PAGE]],
    "api_key_lock": [[T]],
    "api_key_revoke": [[T, row(6, 2000)]],
    "auth_issuer_claim": [[T, "https://new.example"]],
    "auth_issuer_release": [[T]],
    "auth_key_claimed": [[T, ISSUER]],
    "auth_key_count": [[T]],
    "auth_key_create": [[T, "new", "HS256", ISSUER, None, "x" * 32, None, None, None,
                         False, False]],
    "auth_key_delete": [[T, "kid"]],
    "auth_key_list": [[T]],
    "auth_key_lock": [[T]],
    "auth_key_raise": [[T]],
    "ban_add": [[T, QUIET, BOB, OWNER]],
    "ban_drop": [[T, QUIET, row(2, 100)]],
    "ban_list": [[T, QUIET, None, PAGE], [T, QUIET, BAN_DEEP, PAGE]],
    "ban_target": [[T, BOB]],
    "batch_dead_letter": [["redis", "new", None, None, None, None, "reason", "\\x00"]],
    "batch_fence": [],
    "batch_purge": [[100]],
    "batch_purge_channels": [[100]],
    "batch_refuse": [[T, HOT, key(9), NEW, BOB, "c", "forbidden"]],
    "batch_commit": [[None, None, None, many(*[T] * 50), many(HOT, *CHANNELS[1:]),
                      many(*[BOB] * 50), many(*[f'"\\\\x{key(7000000 + i)}"' for i in
                                                range(50)]),
                      many(*['"\\\\x00"'] * 50), many(*range(50)), many(*range(50)),
                      many(*[row(8, i) for i in range(50)])]],
    "batch_commit_ops": [[None, None, None, many(*[T] * 5), many(*[HOT] * 5), many(*[OWNER] * 5),
                          many(*[f'"\\\\x{key(8000000 + i)}"' for i in range(5)]),
                          many(*['"\\\\x00"'] * 5), many(*range(5)),
                          many("new", "text", "NULL", "NULL", "NULL"),
                          many(*[row(8, i) for i in range(5)]),
                          many("message", "edit", "delete", "react", "unreact"),
                          many("NULL", 400000, 400001, 400002, 400003),
                          many("NULL", '"{\\"ifVersion\\": 1}"', "NULL",
                               '"{\\"emoji\\": \\"a\\"}"', '"{\\"emoji\\": \\"a\\"}"')]],
    "channel_archive": [[T, QUIET, True]],
    "channel_over_quota": [[T]],
    "channel_rename": [[T, QUIET, "new", None, "new", None, None]],
    "channel_delete": [[T, LATE, OWNER]],
    "channel_create": [[T, OWNER, NEW, "new", "", False, "new", None]],
    "channel_exists": [[T, HOT]],
    "channel_get": [[T, READER, HOT]],
    "channel_list": [[T, READER, None, PAGE], [T, READER, row(3, 4900), PAGE],
                     [T, READER, row(3, 5001), PAGE], [T, GUEST, None, PAGE]],
    "channel_list_member": [[T, READER, None, PAGE], [T, READER, row(3, 4000), PAGE]],
    "channel_made": [[T, BOB, 100]],
    "channel_orphans": [],
    "db_rights": [],
    "db_state": [[]],
    "dead_letter_list": [[0, PAGE], [5000, PAGE]],
    "dead_letter_drop": [[1]],
    "dead_letter_read": [[1], [5000]],
    "dead_letter_purge": [],
    "idempotency_claim": [[T, "user", "POST /channels", "k1", HASH, NEW],
                          [T, "user", "POST /channels", "new", HASH, NEW]],
    "issuer_due": [[]],
    "issuer_keys": [[many(T), many(ISSUER)]],
    "issuer_provision": [[NEW, "new", "New", "new@example.org"]],
    "issuer_read": [[T, "kid", "{}", None]],
    "issuer_subjects": [[many(T), many("kid"), many(0), many("x77"), many(BOB)]],
    "issuer_want": [[T, ISSUER]],
    "member_add": [[T, LATE, BOB, "member", 0]],
    "member_candidate": [[T, BOB]],
    "member_drop": [[T, HOT, BOB]],
    "member_get": [[T, HOT, BOB]],
    "member_list": [[T, HOT, None, PAGE], [T, HOT, row(2, DEEP), PAGE]],
    "member_other_owner": [[T, HOT, row(2, 4)]],
    "member_set_role": [[T, HOT, BOB, "admin"]],
    "message_above": [[T, HOT, 250000, PAGE]],
    "message_below": [[T, HOT, 250000, PAGE]],
    "message_by_keys": [[T, HOT, key(7)]],
    "message_get": [[T, HOT, 400000]],
    "message_read_mark": [[T, HOT, BOB, 400000]],
    "message_refused": [[T, HOT, key(1000007)]],
    "origin_allowed": [[many("https://o77.example", "https://none.example")]],
    "outcome_supersede": [[T, HOT, many(key(1000007)), NEW]],
    "outcomes": [[T, HOT, many(key(7), key(400000)), many("00", "00"), NEW],
                 [T, HOT, many(key(1015000), key(2000000)), many("00", "00"), NEW]],
    "ownership_hand_on": [[T, BOB, OWNER, None]],
    "ownership_hold": [[T, BOB]],
    "ownership_lock": [[T, BOB]],
    "ownership_owned": [[T, BOB]],
    "ownership_state": [[T, QUIET, BOB]],
    "ownership_take": [[T, QUIET, OWNER, 50]],
    "partition_claim": [[1, "worker", 30000]],
    "partition_done": [],
    "partition_list": [[]],
    "partition_release": [[1, 1]],
    "partition_renew": [[many(1), many(1), 30000]],
    "principal": [[T, BOB, "jti7"]],
    "principals": [[many(*[T] * 50), many(*USERS), many(*["jti7"] * 50)]],
    "pg_ask_session": [[]],
    "read_many": [[many(*[T] * 50), many(*[HOT] * 50), many(*USERS), many(*[7] * 50)]],
    "store_channel_state": [[T, HOT, BOB]],
    "store_lock_channel": [[T, HOT]],
    "store_lock_tenant": [[T]],
    "store_number_event": [[T, HOT, "member_left", BOB, "{}"]],
    "store_visible": [[T, QUIET, BOB]],
    "reader_page": [[T, HOT, 250000, 260000, PAGE]],
    "reader_acl": [[many(T, row(1, 7))]],
    "reader_heads": [[many(*[T] * 50), many(*CHANNELS)]],
    "reader_post_right": [[T, BOB, HOT], [T, OWNER, HOT]],
    "reader_rights": [[many(*[T] * 50), many(*USERS), many(*CHANNELS)]],
    "tenant_create": [],
    "tenant_first_user": [],
    "tenant_get": [[T]],
    "tenant_list": [[None, PAGE], [row(1, 1900), PAGE]],
    "tenant_patch": [[T, "new", None, None, None]],
    "tenant_status": [[T, "suspended"]],
    "token_count": [[T, BOB, "new", 100]],
    "token_issue": [[T, BOB]],
    "token_lock": [[T]],
    "token_raise": [[T]],
    "token_revoke": [[T, "new", BOB, 1900000000000, False]],
    "token_role": [[T, BOB]],
    "token_valid_after": [[T, BOB, 0]],
    "user_by_email": [[T, None, PAGE, None, None, False, "u77@example.org"]],
    "user_by_external": [[T, None, PAGE, None, None, False, "x77"]],
    "user_by_name": [[T, None, PAGE, None, None, False, "user 1", "user 2"],
                     [T, row(2, 1900), PAGE, None, None, False, "user 1", "user 2"]],
    "user_list": [[T, row(2, 1000), PAGE, None, None, False],
                  [T, row(2, DEEP), PAGE, None, None, False]],
    "user_list_role": [[T, row(2, DEEP), PAGE, "member", None, False],
                       [T, None, PAGE, "owner", None, False]],
    "user_list_status": [[T, row(2, DEEP), PAGE, None, "active", False]],
    "user_change": [[T, BOB, None, "New", None, None, "new", None]],
    "user_create": [[T, NEW, "new@example.org", "New", None, "new@example.org", "new",
                     None]],
    "user_deactivate": [[T, BOB]],
    "user_erase": [[T, BOB]],
    "user_get": [[T, BOB]],
    "user_known": [[T, many(*USERS)]],
    "user_lock_rights": [[T]],
    "user_other_owners": [[T, OWNER], [T, BOB]],
    "user_raise_version": [[T]],
    "user_reactivate": [[T, BOB]],
}

# Statements that the suite does not explain -> the reason. Their list of arguments above is empty.
LEFT_OUT = {
    "db_rights": "reads the catalog, which does not grow with the data",
    "batch_fence": "raises unless the worker holds the partition",
    "partition_done": "raises unless the worker holds the partition",
    "dead_letter_purge": "walks over at most ES_DEAD_LETTERS_MAX rows",
    "channel_orphans": "a list of faulty channels for owners: reads all channels of the tenant",
    "tenant_create": "inserts two rows by key",
    "tenant_first_user": "an operator's command, run once for each tenant",
}
