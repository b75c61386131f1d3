"""Dead letters for the tests of echostreamctl queue dead."""

import json
import os
import subprocess

ENTRIES = (
    (b'{"b":"\xc3\xbc?>~"}', "entry", {"b": "\u00fc?>~"}),
    (b'{"b":"ab\xc3\xbf"} ', "entry", {"b": "ab\u00ff"}),
    (b'{"b":NaN}', "entryBase64", "eyJiIjpOYU59"),
    (b'{"b":"\xff"}', "entryBase64", "eyJiIjoi/yJ9"),
    (b"", "entryBase64", ""),
)


def bury(reason, entry):
    statement = ("SELECT es_dead_letter('es:q:1', '7-0', NULL, NULL, NULL, '22021',"
                 f" '{reason}', '\\x{entry.hex()}')")
    subprocess.run(["psql", "-X", "-q", os.environ["ES_DATABASE_URL"], "-c", statement],
                   check=True, stdout=subprocess.DEVNULL)


def entries(out_of):
    """Checks that `dead show` prints an entry that is JSON as JSON, and all other bytes in base64."""
    for entry, member, shown in ENTRIES:
        bury("entry", entry)
        number = json.loads(out_of("queue", "dead", "list", "--json"))[0]["id"]
        letter = json.loads(out_of("queue", "dead", "show", number))
        assert letter[member] == shown, (entry, letter)
        assert ("entry" in letter) + ("entryBase64" in letter) == 1, letter
        out_of("queue", "dead", "drop", number)


def verbs(ctl, out_of):
    assert json.loads(out_of("queue", "dead", "list", "--json")) == []
    bury("bad bytes", b"\0\xff{")
    said = json.loads(out_of("queue", "dead", "list", "--json"))
    assert [one["reason"] for one in said] == ["bad bytes"], said
    assert "bad bytes" in out_of("queue", "dead", "list")
    number = said[0]["id"]
    shown = json.loads(out_of("queue", "dead", "show", number))
    assert (shown["entryBase64"], shown["bytes"]) == ("AP97", 3), shown
    assert json.loads(out_of("queue", "dead", "list", number, "--json")) == []
    out_of("queue", "dead", "drop", number)
    for verb in ("show", "drop"):
        out, err = ctl("queue", "dead", verb, number, status=1)
        assert out == "" and "no such dead letter" in err, err
    for words in (("bury",), ("show",), ("drop", "0"), ("list", "x")):
        ctl("queue", "dead", *words, status=2)
