"""The judge compares a journal, histories and streams, and names each fault. It makes no requests.

  lost             a message was acked, but history does not have it
  lost_accepted    a message was answered 202, but history does not have it, and the run did not
                   empty the queue meanwhile
  early_ack        a message was acked, but a read right after the ack did not find it
  wrong_number     the ack has another number than history
  changed          history has another text than the sender sent
  doubled          history has a pair of sender and client id twice
  ghost            history has a message that no writer sent, or that the server refused for good
  history_order    history's numbers do not rise, or `prev` is not an earlier number
  views            forward, backward and single reads of history differ
  commit_order     a message has a higher number than one that was sent after its ack
  sender_order     a sender's messages are not in the order of sending
  stream_order     the numbers on a connection do not rise
  stream_hole      the `prev` of a frame is not the number before, and no gap frame explains it
  stream_differs   a frame differs from the message with its number in history
  stream_missing   a listener did not receive a message, and no gap frame explains it
  foreign          a client received a frame of another tenant or of a channel without a subscription
  unanswered       the server never answered a message
  protocol         the server broke RFC 6455, or a writer or listener could not continue
"""

import bisect

# Not derived from the docstring, because Python 3.13 removes the indent of docstrings.
NAMES = ("lost", "lost_accepted", "early_ack", "wrong_number", "changed", "doubled", "ghost",
         "history_order", "views", "commit_order", "sender_order", "stream_order",
         "stream_hole", "stream_differs", "stream_missing", "foreign", "unanswered",
         "protocol")


class Verdict:
    def __init__(self):
        self.faults = {name: [] for name in NAMES}
        # Messages answered 202 that were in the queue when the run emptied it. This is no fault.
        self.lost_with_queue = []

    def add(self, name, text):
        self.faults[name].append(text)

    def found(self):
        return {name: texts for name, texts in self.faults.items() if texts}


def judge(journal, histories, listeners, protocol_faults=()):
    """Returns the Verdict. histories: {channel: History}."""
    v = Verdict()
    judge_sends(v, journal, histories)
    for h in histories.values():
        judge_history(v, journal, h)
    judge_commit_order(v, journal, histories)
    judge_sender_order(v, journal, histories)
    for one in listeners:
        for stretch in one.stretches:
            judge_stretch(v, stretch, histories.get(stretch.channel))
        judge_whole(v, one, histories)
        for frame in one.foreign:
            v.add("foreign", "%s got %s" % (one.name, str(frame)[:200]))
    for text in protocol_faults:
        v.add("protocol", text)
    for since, when, who in journal.cut_frames:
        if not was_cut(journal, since, when):
            v.add("protocol", "%s: ended inside a frame at %.3f, and the run did not cut it" % (
                who, when))
    return v


def was_cut(journal, since, when):
    """True when a kill by the run explains a connection that ended inside a frame.

    since: for a slow reader the earliest time of the cut, because a slow reader may read the last byte
    long after the cut; else None. A push-server that stops may also cut a slow reader, because the
    Close frame waits behind unread bytes.
    """
    cuts = journal.cut_at + (journal.stopped_at if since is not None else [])
    first = when if since is None else since
    return any(begin <= when and end >= first for begin, end in cuts)


def ids_of(h):
    return {(m["userId"], m["clientMessageId"]): m for m in h.forward}


def judge_sends(v, journal, histories):
    known = {channel: ids_of(h) for channel, h in histories.items()}
    for s in journal.sends:
        if s.channel not in known:
            continue
        row = known[s.channel].get((s.user, s.cid))
        if s.acked_at is not None:
            judge_acked(v, s, row)
        elif s.refused is not None:
            v.add("protocol", "%s refused: %s" % (s.cid, s.refused))
            if row is not None:
                v.add("ghost", "%s was refused and is in history" % s.cid)
        elif s.accepted_at is not None:
            if row is None and flushed(journal, s):
                v.lost_with_queue.append(s)
            elif row is None:
                v.add("lost_accepted", describe(s))
        else:
            v.add("unanswered", describe(s))
        if row is not None and row["body"] != s.body:
            v.add("changed", "%s: %r is %r" % (s.cid, s.body, row["body"]))
    for s in journal.early:
        v.add("early_ack", describe(s))


def flushed(journal, s):
    """True when the message may have been in the queue when the run emptied the queue.

    A queue keeps the order of a channel. So an ack of a later message, which was sent to the channel
    after this 202, shows that this message had left the queue.
    """
    passed = min((t.acked_at for t in journal.sends if t.channel == s.channel
                  and t.acked_at is not None and t.first_at > s.accepted_at),
                 default=float("inf"))
    spans = zip(journal.flushed_at[::2], journal.flushed_at[1::2])
    return any(s.sent_at <= end and passed > begin for begin, end in spans)


def judge_acked(v, s, row):
    if row is None:
        v.add("lost", describe(s))
    elif row["messageId"] != s.message_id:
        v.add("wrong_number", "%s acked as %s" % (describe(s), s.message_id))


def describe(s):
    return "%s #%d (%s) cid %s in %s, %d tries, acked as %s, sent at %.3f" % (
        s.writer, s.number, s.transport, s.cid, s.channel, s.tries, s.message_id, s.first_at)


def judge_history(v, journal, h):
    before, seen = 0, set()
    for m in h.forward:
        if m["messageId"] <= before or not before <= m["prev"] < m["messageId"]:
            v.add("history_order", "%s: after %d comes %d with prev %s" % (
                h.channel, before, m["messageId"], m["prev"]))
        before = m["messageId"]
        key = (m["userId"], m["clientMessageId"])
        if key in seen:
            v.add("doubled", "%s twice in %s" % (key, h.channel))
        seen.add(key)
        send = journal.by_cid.get(m["clientMessageId"])
        if send is None or send.channel != h.channel or send.user != m["userId"]:
            v.add("foreign" if send is not None else "ghost",
                  "%s has %s" % (h.channel, str(m)[:200]))
    if [m["messageId"] for m in h.forward] != [m["messageId"] for m in h.backward] \
            or [m["body"] for m in h.forward] != [m["body"] for m in h.backward]:
        v.add("views", "%s: %d messages forward, %d backward" % (
            h.channel, len(h.forward), len(h.backward)))
    for one, got in h.strays:
        v.add("views", "%s: %s alone is %s" % (h.channel, one, got))


def numbers(journal, histories):
    """{cid: number in history}."""
    return {m["clientMessageId"]: m["messageId"] for h in histories.values()
            for m in h.forward}


def judge_commit_order(v, journal, histories):
    number = numbers(journal, histories)
    events = {}
    for s in journal.sends:
        if s.cid not in number:
            continue
        events.setdefault(s.channel, []).append((s.first_at, 0, s))
        if s.acked_at is not None:
            events[s.channel].append((s.acked_at, 1, s))
    for channel, rows in events.items():
        rows.sort(key=lambda row: row[:2])
        floor, whose = 0, None
        for _, is_ack, s in rows:
            if not is_ack and number[s.cid] < floor:
                v.add("commit_order", "%s: %d (%s) was acked before %d (%s) was sent" % (
                    channel, floor, whose.cid, number[s.cid], s.cid))
            elif is_ack and number[s.cid] > floor:
                floor, whose = number[s.cid], s


def judge_sender_order(v, journal, histories):
    number = numbers(journal, histories)
    lanes = {}
    for s in journal.sends:
        if s.cid not in number:
            continue
        if s.strict:
            lanes.setdefault((s.writer, s.channel), []).append(s)
        elif s.tries == 1:
            lanes.setdefault((s.writer, s.channel, s.conn), []).append(s)
    for lane in lanes.values():
        lane.sort(key=lambda s: s.number)
        for a, b in zip(lane, lane[1:]):
            if number[a.cid] >= number[b.cid]:
                v.add("sender_order", "%s: #%d is %d, #%d is %d" % (
                    a.writer, a.number, number[a.cid], b.number, number[b.cid]))


def judge_stretch(v, stretch, h):
    """Checks one connection's frames of one channel."""
    who = "%s conn %d %s" % (stretch.listener.name, stretch.conn, stretch.channel)
    for frame in stretch.early:
        v.add("stream_order", "%s: before the answer to subscribe: %s" % (who, str(frame)[:150]))
    if stretch.base is None or h is None:
        return
    rows = {m["messageId"]: m for m in h.forward}
    last, gaps = stretch.base, list(stretch.gaps)
    for place, (_, kind, seq, prev, body, cid, user) in enumerate(stretch.frames):
        while gaps and gaps[0][0] <= place:
            last = gap_end(v, who, gaps.pop(0), last)
        if seq <= last:
            v.add("stream_order", "%s: %d after %d" % (who, seq, last))
        elif prev != last:
            v.add("stream_hole", "%s: after %d comes %d with prev %d" % (who, last, seq, prev))
        last = max(last, seq)
        if kind == "message":
            judge_frame(v, who, rows.get(seq), seq, body, cid, user)
    for gap in gaps:
        last = gap_end(v, who, gap, last)


def gap_end(v, who, gap, last):
    """Checks that a gap begins right after the last number. A gap `reset` may begin anywhere."""
    _, start, end, reason = gap
    if reason != "reset" and (start != last + 1 or end < start):
        v.add("stream_hole", "%s: after %d a gap from %d to %d" % (who, last, start, end))
    return end


def judge_frame(v, who, row, seq, body, cid, user):
    if row is None:
        v.add("stream_differs", "%s: %d is not in history" % (who, seq))
    elif (row["body"], row["clientMessageId"], row["userId"]) != (body, cid, user):
        v.add("stream_differs", "%s: %d is %r, in history %r" % (who, seq, body, row["body"]))


def judge_whole(v, listener, histories):
    """Checks that all connections of a listener together have every message since it subscribed."""
    for channel in listener.channels:
        h = histories.get(channel)
        mine = [s for s in listener.stretches if s.channel == channel and s.base is not None]
        if h is None or not mine:
            if h is not None:
                v.add("stream_missing", "%s never subscribed to %s" % (listener.name, channel))
            continue
        seen = {row[2] for s in mine for row in s.frames}
        gaps = sorted((g[1], g[2]) for s in mine for g in s.gaps)
        starts = [g[0] for g in gaps]
        missing = []
        for m in h.forward:
            number = m["messageId"]
            if number <= mine[0].base or number in seen:
                continue
            at = bisect.bisect_right(starts, number) - 1
            if not any(a <= number <= b for a, b in gaps[max(0, at - 50):at + 1]):
                missing.append(m)
        if missing:
            report_missing(v, listener, channel, missing, mine)


def report_missing(v, listener, channel, missing, stretches):
    """Names the first and the last missing message, and the connections around the first."""
    first, last = missing[0]["messageId"], missing[-1]["messageId"]
    near = [s for s in stretches if s.last() >= first - 1][:2] or stretches[-1:]
    v.add("stream_missing", "%s (%s): %s lacks %d messages from %d (%s) to %d; %d connections; %s" % (
        listener.name, listener.kind, channel, len(missing), first,
        missing[0]["clientMessageId"], last, listener.conns, ", ".join(
            "connection %d has %d to %d" % (s.conn, s.base, s.last()) for s in near)))
