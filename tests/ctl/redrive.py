"""echostreamctl queue dead redrive on a running stack: refused messages are sent again.

To make real dead letters, the test adds a constraint that PostgreSQL checks at the commit of a message.
The test drops the constraint before it sends the dead letters again.
"""
import json
import os
import subprocess
import time
import urllib.error
import uuid

PATIENCE_S = 20


def psql(statement, url="ES_DATABASE_OWNER_URL"):
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", os.environ[url], "-c", statement], check=True,
                   stdout=subprocess.DEVNULL)


def until(what, ready):
    end = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class Channel:
    """A channel, and the messages in it as one sender sees them."""

    def __init__(self, rest, mint, channel):
        self.rest, self.mint = rest, mint
        self.path = f"/api/v1/channels/{channel}/messages"

    def send(self, body, client_id):
        return self.rest("POST", self.path, self.mint(), {"body": body, "clientMessageId": client_id})

    def outcome(self, client_id):
        """Returns (200, the message) or (status of the refusal, problem document)."""
        try:
            return 200, self.rest("GET", f"{self.path}/by-client-id/{client_id}", self.mint())
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)

    def poison(self, client_ids):
        """Sends messages that fanout cannot store. Each becomes a dead letter."""
        psql("ALTER TABLE messages ADD CONSTRAINT no_poison CHECK (body <> 'poison') NOT VALID")
        try:
            for one in client_ids:
                try:
                    self.send("poison", one)
                except urllib.error.HTTPError as answer:
                    assert answer.code == 422, answer
                until(f"{one} is not refused", lambda one=one: self.outcome(one)[0] == 410)
        finally:
            psql("ALTER TABLE messages DROP CONSTRAINT no_poison")

    def stored(self, client_ids):
        """Waits until all messages are stored; returns their numbers."""
        for one in client_ids:
            until(f"{one} is not stored", lambda one=one: self.outcome(one)[0] == 200)
        return [int(self.outcome(one)[1]["messageId"]) for one in client_ids]

    def poisoned(self):
        page = self.rest("GET", f"{self.path}?limit=50", self.mint())["messages"]
        return sorted(int(one["messageId"]) for one in page if one["body"] == "poison")


def run(ctl, rest, mint, channel):
    def letters():
        return list(reversed(json.loads(ctl("queue", "dead", "list", "--json")[0])))

    def redrive(*words, status=0, **more):
        return ctl("queue", "dead", "redrive", *words, status=status, **more)[1]

    for words in (("drop", "1", "2"), ("show", "1", "--all"), ("redrive",), ("redrive", "0"),
                  ("redrive", "1", "--all"), ("redrive", *["1"] * 101)):
        ctl("queue", "dead", *words, status=2)
    redrive(*["1"] * 100, status=1)  # there is no dead letter 1

    room = Channel(rest, mint, channel)
    names = [f"redrive-{uuid.uuid4()}" for _ in range(4)]
    room.poison(names)
    dead = [one["id"] for one in letters()]
    assert len(dead) == 4, dead
    for one in letters():
        assert 'check constraint "no_poison" (SQLSTATE 23514' in one["reason"], one
    room.send("after the poison", f"after-{names[0]}")
    said = redrive(dead[0], status=1, env={"ES_REDIS_URL": "unix:///nowhere.sock"})
    assert f"dead letter {dead[0]}: " in said and "0 of 1 dead letters" in said, said
    assert [one["id"] for one in letters()] == dead and room.outcome(names[0])[0] == 410
    for wrong in ("64", "2"):  # no fanout reads the partition, or not for this channel
        said = redrive(dead[0], status=1, env={"ES_QUEUE_PARTITIONS": wrong})
        assert f"ES_QUEUE_PARTITIONS is {wrong} here, and fanout reads 8 partitions" in said, said
    assert [one["id"] for one in letters()] == dead
    assert "1 of 1 dead letters were sent again" in redrive(dead[0])
    numbers = room.stored(names[:1])
    assert [one["id"] for one in letters()] == dead[1:]
    assert room.outcome(names[1])[0] == 410
    assert "no such dead letter" in redrive(dead[0], status=1)

    # The sender of the second message has sent it again. One further dead letter is no envelope.
    sent = room.send("poison", names[1])
    psql("SELECT es_dead_letter('es:q:1', '9-0', NULL, NULL, NULL, NULL, 'rubbish', '\\x00')", "ES_DATABASE_URL")
    said = redrive("--all", status=1)
    assert "the entry is not an envelope" in said and "3 of 4 dead letters were sent again" in said, said
    numbers += room.stored(names[1:])
    assert numbers[1] == int(sent["messageId"]) and numbers == sorted(numbers), numbers
    until(f"not each is stored once: {room.poisoned()}", lambda: room.poisoned() == numbers)
    left = letters()
    assert [one["reason"] for one in left] == ["rubbish"], left
    ctl("queue", "dead", "drop", left[0]["id"])
    assert "0 of 0 dead letters were sent again" in redrive("--all")
