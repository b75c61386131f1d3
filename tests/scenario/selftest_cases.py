"""The cases of the self-test: (name, scenario text, None or a part of the failure's text)."""

REST = "rest GET /x as none\n"
PROBLEM = """rest GET /x
  header X-Fake-Status: 404
  header X-Fake-Type: application/problem+json
  header X-Fake-Body: {"type":"t","title":"T","status":404,"code":"not_found","requestId":"%s"}
  expect problem %s
"""
FIELD = """rest GET /x
  header X-Fake-Status: 422
  header X-Fake-Type: application/problem+json
  header X-Fake-Body: {"type":"t","title":"T","status":422,"code":"c","requestId":"r1","errors":[{"pointer":"/name"}]}
  expect problem 422 c field %s
"""
WS = "tenant t\nuser a in t\nws w as a\n"
SAY = WS + '  send {"type":"say","frames":[%s]}\n'
M1 = ('{"type":"message","channelId":"c","seq":5,"prev":4,"body":"one",'
      '"payload":{"messageId":5}}')
M2 = ('{"type":"message","channelId":"c","seq":6,"prev":5,"body":"two",'
      '"payload":{"messageId":6}}')
M9 = ('{"type":"message","channelId":"c","seq":9,"prev":8,"body":"nine",'
      '"payload":{"messageId":9}}')
GAP = '{"type":"gap","channelId":"c","payload":{"fromSeq":6,"toSeq":8,"reason":"r"}}'
ACK = '{"type":"ack","op":"send","id":"1"}'
PRESENCE = '{"type":"presence","userId":"u","payload":{"status":"online"}}'

CASES = [
    ("status holds", REST + "  expect status 200", None),
    ("one of several statuses holds", REST + "  expect status 201,200", None),
    ("status fails", REST + "  expect status 201", "status is 200"),
    ("without an expectation the status must be 2xx", REST + "  header X-Fake-Status: 500", "expected success"),
    ("header holds", REST + "  expect header X-Request-Id r1", None),
    ("header fails", REST + "  expect header X-Request-Id r2", "expected 'r2', got 'r1'"),
    ("header matches a regular expression", REST + "  expect header X-Request-Id /^r\\d$/", None),
    ("missing header fails", REST + "  expect header Allow", "got nothing"),
    ("no header holds", REST + "  expect no header Allow", None),
    ("no header fails", REST + "  expect no header X-Request-Id", "header is r1"),
    ("body holds", REST + '  expect body {"path":"/x"}', None),
    ("body fails", REST + '  expect body {"path":"/y"}', "at .path: expected '/y'"),
    ("body over several lines", REST + '  expect body {\n  "path": "/x"\n  }', None),
    ("exactly fails on a further field", REST + '  expect exactly {"path":"/x"}', "unexpected fields"),
    ("empty body fails", REST + "  expect body empty", "body is not empty"),
    ("empty body holds", REST + "  header X-Fake-Status: 204\n  expect body empty", None),
    ("text fails", REST + "  expect text /zzz/", "text does not match"),
    ("broken JSON fails", REST + "  header X-Fake-Body: {oops\n  expect body {}", "not JSON"),
    ("problem holds", PROBLEM % ("r1", "404 not_found"), None),
    ("problem fails on the code", PROBLEM % ("r1", "404 gone"), "expected 'gone'"),
    ("problem fails on the status", PROBLEM % ("r1", "410 not_found"), "status is 404"),
    ("problem fails on a foreign request id", PROBLEM % ("r2", "404 not_found"), "requestId"),
    ("problem fails without its type", REST + "  expect problem 200 x", "content type is"),
    ("problem with field holds", FIELD % "name", None),
    ("problem with field fails", FIELD % "topic", "nowhere"),
    ("rising fails", REST + '  header X-Fake-Body: {"m":[{"s":1},{"s":1}]}\n  expect rising m.s',
     "not rising"),
    ("falling holds", REST + '  header X-Fake-Body: {"m":[{"s":2},{"s":1}]}\n'
     "  expect falling m.s", None),
    ("save and use", REST + "  save path -> p\nrest GET $p\n  expect body {\"path\":\"/x\"}", None),
    ("save of nothing fails", REST + "  save no.such -> p", "nothing at no.such"),
    ("unknown variable fails", "rest GET /$nobody", "no variable named nobody"),
    ("expressions", "set n 4\nrest GET /${n+1}/${rep:3:a}\n  expect body {\"path\":\"/5/aaa\"}",
     None),
    ("token is sent", "tenant t\nrest GET /x as t\n  expect body {\"auth\":\"Bearer t0\"}", None),
    ("unknown verb fails", "dance", "unknown verb dance"),
    ("repeat repeats", "repeat 3\n  rest GET /counter\nrest GET /counter\n"
     '  expect body {"n":4}', None),
    ("within waits", 'within 5s\n  rest GET /counter\n    expect body {"n":"$above:6"}', None),
    ("within fails after its time", 'within 300ms\n  rest GET /x\n    expect body {"n":1}',
     "expected 1, got nothing"),
    ("same holds", "same\n  rest GET /x\n  rest GET /x", None),
    ("same fails", "same\n  rest GET /x\n  rest GET /y", "answers differ"),
    ("together fails if one does", "together\n  rest GET /x\n  rest GET /x\n"
     "    expect status 404", "status is 200"),
    ("together fails if a step raises", "together\n  rest GET /x\n  rest GET /x\n"
     "    expect status many", "invalid literal"),
    ("frame holds", SAY % M1 + '  expect {"type":"message","body":"one"}', None),
    ("frame fails", SAY % M1 + '  expect {"type":"message","body":"two"}', "expected 'two'"),
    ("frame that never comes fails", WS + '  expect within 200ms {"type":"message"}',
     "nothing came"),
    ("a late frame is waited for", WS + '  send {"type":"later","ms":300,"frame":' + M1 + "}\n"
     '  expect within 3s {"type":"message"}', None),
    ("eventually passes over", SAY % (M1 + "," + M2)
     + '  expect eventually {"type":"message","body":"two"}', None),
    ("presence before a message is passed over", SAY % (PRESENCE + "," + M1) + '  expect {"type":"message"}',
     None),
    ("presence can be expected", SAY % (M1 + "," + PRESENCE) + '  expect {"type":"presence"}',
     None),
    ("then holds", SAY % (ACK + "," + M1) + '  expect {"type":"ack"}\n  then {"type":"message"}',
     None),
    ("then fails", SAY % (M1 + "," + ACK) + '  expect {"type":"ack"}\n  then {"type":"message"}',
     "came before"),
    ("unordered holds", SAY % (M1 + "," + ACK)
     + '  expect unordered [{"type":"ack"},{"type":"message"}]', None),
    ("unordered fails", SAY % (M1 + "," + ACK)
     + '  expect unordered [{"type":"ack"},{"type":"message","body":"x"}]', "none of"),
    ("run holds", SAY % (M1 + "," + M2) + "  expect run 2", None),
    ("run fails", SAY % M1 + "  expect within 200ms run 2", "nothing came"),
    ("silence holds", WS + "  silence 100ms", None),
    ("silence fails", SAY % M1 + "  silence 500ms", "expected silence"),
    ("silence of one type holds", SAY % M1 + "  silence 200ms gap", None),
    ("silence of a pattern holds when no frame matches", SAY % M1
     + '  silence 200ms {"type":"message","body":"two"}', None),
    ("silence of a pattern fails when a frame matches", SAY % M1
     + '  silence 500ms {"type":"message","body":"one"}', "expected silence"),
    ("one of several close codes holds", WS + '  send {"type":"close","code":4001}\n'
     "  expect close 1006,4001", None),
    ("close holds", WS + '  send {"type":"close","code":4001,"reason":"bad"}\n'
     "  expect close 4001 /^bad$/", None),
    ("close fails on the code", WS + '  send {"type":"close","code":4001}\n  expect close 4002',
     "got 4001"),
    ("close fails on the reason", WS + '  send {"type":"close","code":4001,"reason":"x"}\n'
     "  expect close 4001 /^bad$/", "close reason"),
    ("close fails while open", WS + "  expect within 200ms close 4001", "still open"),
    ("open holds", WS + "  expect open", None),
    ("open fails", WS + '  send {"type":"cut"}\n  expect within 300ms open', "no pong"),
    ("refused holds", "ws w as none\n  query refuse\n  expect refused 403", None),
    ("refused fails on the status", "ws w as none\n  query refuse\n  expect refused 401",
     "refused with 403"),
    ("refused fails on an upgrade", WS + "  expect refused 403", "got an upgrade"),
    ("an unexpected refusal fails", "ws w as none\n  query refuse", "was refused with 403"),
    ("a wrong accept key fails", "ws w as none\n  query lie", "wrong Sec-WebSocket-Accept"),
    ("a masked frame fails", WS + '  send {"type":"wire","hex":"818000000000"}\n  silence 200ms',
     "masked frame from the server"),
    ("a reserved bit fails", WS + '  send {"type":"wire","hex":"c100"}\n  silence 200ms',
     "reserved bit"),
    ("a long form of a short length fails",
     WS + '  send {"type":"wire","hex":"817e0002"}\n  silence 200ms', "shortest form"),
    ("broken UTF-8 fails", WS + '  send {"type":"wire","hex":"8102c328"}\n  silence 200ms',
     "not UTF-8"),
    ("half a frame fails", WS + '  send {"type":"wire","hex":"8105"}\n  send {"type":"cut"}\n'
     "  expect close 1006", "inside a frame"),
    ("a binary frame fails", WS + '  send {"type":"wire","hex":"8200"}\n  silence 200ms',
     "binary frame"),
    ("a forbidden close code fails", WS + '  send {"type":"wire","hex":"880203ed"}\n'
     "  silence 200ms", "may not be sent"),
    ("a silent hole fails", SAY % (M1 + "," + M9) + "  silence 100ms presence", "silent hole"),
    ("a hole with its gap holds", SAY % (M1 + "," + GAP + "," + M9) + "  silence 100ms presence",
     None),
    ("judge: answer as documented holds",
     "rest GET /api/judged\n  header X-Fake-Head: X-Must=1", None),
    ("judge: missing header fails", "rest GET /api/judged", "header X-Must is missing"),
    ("judge: wrong body fails", "rest GET /api/judged\n  header X-Fake-Head: X-Must=1\n"
     "  header X-Fake-Body: {}", "'path' is a required property"),
    ("judge: undocumented status fails", "rest GET /api/judged\n  header X-Fake-Status: 201",
     "status 201 is not documented"),
    ("judge: error without problem fails", "rest GET /api/judged\n  header X-Fake-Status: 404\n"
     "  expect status 404", "not application/problem+json"),
    ("judge: wrong frame fails", SAY % '{"type":"message"}' + '  expect {"type":"message"}',
     "'channelId' is a required property"),
    ("judge: unknown frame fails", SAY % '{"type":"surprise"}' + "  silence 100ms presence",
     "undocumented frame type surprise"),
    ("judge: documented frames of each class hold", SAY % (
        M1 + "," + GAP + ',{"type":"ack","op":"say","id":"1","payload":{"n":1}}')
     + "  silence 100ms presence", None),
    ("judge: an undocumented field fails",
     SAY % '{"type":"message","channelId":"c","colour":"red"}' + "  silence 100ms presence",
     "'colour' was unexpected"),
    ("judge: an undocumented field of a payload fails",
     SAY % '{"type":"message","channelId":"c","payload":{"colour":"red"}}'
     + "  silence 100ms presence", "not as documented at payload"),
    ("judge: an ack is compared with the schema of its op", SAY % '{"type":"ack","op":"say","id":"1"}'
     + "  silence 100ms presence", "'payload' is a required property"),
    ("judge: an ack with an undocumented op fails",
     SAY % '{"type":"ack","op":"dance","id":"1"}' + "  silence 100ms presence",
     "not as documented at op"),
    ("judge: prev that is not seq - 1 fails",
     SAY % '{"type":"message","channelId":"c","seq":5,"prev":3,"payload":{"messageId":5}}'
     + "  silence 100ms presence", "prev is not seq - 1"),
    ("judge: messageId that is not seq fails",
     SAY % '{"type":"message","channelId":"c","seq":5,"prev":4,"payload":{"messageId":6}}'
     + "  silence 100ms presence", "messageId is not seq"),
    ("judge: a gap that ends before it begins fails",
     SAY % '{"type":"gap","payload":{"fromSeq":6,"toSeq":5}}' + "  silence 100ms presence",
     "fromSeq is above toSeq"),
    ("judge: a user twice in a snapshot fails",
     SAY % '{"type":"presence_snapshot","payload":{"users":[{"userId":"u"},{"userId":"u"}]}}'
     + "  silence 100ms presence", "a user is listed twice"),
    ("a repeated field fails", WS + '  send {"type":"wire","hex":"811a'
     + b'{"type":"a","b":1,"b":2}  '.hex() + '"}\n  silence 200ms', "repeated field in: "),
    ("judge: a frame that no step expects is judged, too", SAY % (M1 + ',{"type":"message"}')
     + '  expect {"type":"message"}', "'channelId' is a required property"),
    ("judge: a frame that comes during a pause is judged, too", WS + "  pause\n"
     '  send {"type":"say","frames":[{"type":"message"}]}', "'channelId' is a required property"),
    ("judge: an accepted frame that the document forbids fails", WS
     + '  send {"type":"say","id":"7","tune":1,"frames":[{"type":"ack","op":"say","id":"7",'
     + '"payload":{"n":1}}]}\n  expect {"type":"ack"}',
     "accepted a frame that the document forbids"),
    ("judge: with loose, undocumented fields are allowed", WS
     + '  send loose {"type":"say","id":"7","tune":1,"frames":[{"type":"ack","op":"say",'
     + '"id":"7","payload":{"n":1}}]}\n  expect {"type":"ack"}', None),
    ("judge: a refused frame that the document allows fails", WS
     + '  send {"type":"say","id":"7","frames":[{"type":"error","op":"say","id":"7",'
     + '"payload":{"code":"validation_failed"}}]}\n  expect {"type":"error"}',
     "refused (validation_failed) a frame that the document allows"),
    ("judge: a refusal for another reason holds", WS
     + '  send {"type":"say","id":"7","frames":[{"type":"error","op":"say","id":"7",'
     + '"payload":{"code":"not_found"}}]}\n  expect {"type":"error"}', None),
    ("judge: a wrong frame that is refused holds", WS
     + '  send {"type":"say","id":7,"frames":[{"type":"error",'
     + '"payload":{"code":"validation_failed"}}]}\n  expect {"type":"error"}', None),
    ("judge: a wrong frame without an error fails", WS
     + '  send {"type":"say","frames":[],"tune":1}\n  silence 100ms', "and no error came"),
    ("judge: a wrong frame sent as text fails, too", WS
     + '  send raw {"type":"say","frames":[],"tune":1}\n  silence 100ms', "and no error came"),
    ("judge: a wrong frame in fragments fails, too", WS
     + '  send fragments 3 {"type":"say","frames":[],"tune":1}\n  silence 100ms',
     "and no error came"),
    ("judge: a documented close code holds", WS + '  send {"type":"close","code":4001}\n'
     "  expect close 4001", None),
    ("judge: an undocumented close code fails", WS + '  send {"type":"close","code":4999}\n'
     "  expect close 4999", "close code 4999 is not documented"),
    ("judge: the client may send its own close code", WS + "  close 4998", None),
    ("judge: a refused upgrade without a problem document fails",
     "ws w as none\n  query refuse\n  expect refused 403", "not application/problem+json"),
]

MATCHES = [
    ("$any", None, True),
    ("$int", 5, True),
    ("$int", True, False),
    ("$int", 2 ** 53, False),
    ("$uuid", "01900000-0000-7000-8000-000000000001", True),
    ("$uuid", "01900000-0000-7000-8000-00000000000G", False),
    ("$time", "2026-01-02T03:04:05.678Z", True),
    ("$time", "2026-01-02T03:04:05Z", False),
    ("$len:2", [1, 2], True),
    ("$above:3", 3, False),
    ("$below:3", 2, True),
    ({"a": "$absent"}, {}, True),
    ({"a": "$absent"}, {"a": None}, False),
    ({"a": None}, {}, False),
    (1, 1.0, False),
    (1, True, False),
    ([1, 2], [1, 2], True),
    ([1], [1, 2], False),
    ([1, "..."], [1, 2], True),
    (["...", 2], [1, 2], True),
    (["...", 2, "..."], [1, 2, 3], True),
    (["...", 4, "..."], [1, 2, 3], False),
    ([1, "...", 1], [1], False),
    ("/^a/", "abc", True),
    ("/^b/", "abc", False),
    ("/^5/", 5, False),
]

BAD_FILES = [
    ("a step before the first scenario is refused", "rest GET /x"),
    ("a scenario without a name is refused", 'scenario ""'),
    ("a bracket never closed is refused", 'scenario "x"\nrest GET /x\n  body {\n'),
    ("a tab as indentation is refused", 'scenario "x"\nrest GET /x\n\tbody {}\n'),
]
