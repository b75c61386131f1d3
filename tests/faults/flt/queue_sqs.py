"""Operations on the queue in SQS, through the control port of the test server
(tests/sqs/control.mjs)."""

import http.client
import json
import time
import uuid

from .stack import Gone

QUEUES = 2


class SqsQueue:
    name = process = "sqs"
    in_redis = False

    def __init__(self, env):
        self.port = int(env.get("SQS_PORT"))
        # After a program exits, its messages stay leased until the visibility time-out. The additional
        # second is for the server's clock and the next receive request.
        self.redelivery_s = int(env.get("SQS_VISIBILITY_S")) + 1

    def control(self, word, **value):
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            conn.request("POST", "/_test/" + word, json.dumps(value))
            got = conn.getresponse()
            body = got.read()
        except OSError as e:
            raise Gone("SQS: %s" % e) from e
        finally:
            conn.close()
        if got.status != 200:
            raise Gone("SQS: /_test/%s: %d %s" % (word, got.status, body[:200]))
        return json.loads(body)

    def put(self, body, rng):
        self.control("put", queue=rng.randrange(QUEUES), group=str(uuid.uuid4()), body=body)

    def waiting(self):
        state = self.control("state")
        return state["waiting"] + state["leased"]

    def repeat(self, rng):
        """Delivers copies, ends leases early several times, and shortens new leases to 1 s for 2 s."""
        count = 0
        self.control("fault", action="ReceiveMessage", visibility_s=1, for_s=2)
        for _ in range(5):
            count += self.control("repeat", most=15)["n"]
            for _ in range(3):
                count += self.control("again")["n"]
                time.sleep(rng.uniform(0.05, 0.2))
        return count

    def given_up(self):
        return self.control("state")["dead"]

    def most_receives(self):
        return self.control("state")["most_receives"]
