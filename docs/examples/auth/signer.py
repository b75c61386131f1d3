# Signs in a user with the tenant's own HS256 secret, and out again. Standard library only.
import base64, hashlib, hmac, json, os, time, urllib.request


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user_id, name, email):
    now = int(time.time())
    head = {"alg": "HS256", "typ": "JWT", "kid": os.environ["APP_KID"]}
    claims = {"iss": os.environ["APP_ISSUER"], "aud": "echostream", "tid": os.environ["APP_TENANT"],
              "sub": user_id, "name": name, "email": email, "iat": now, "exp": now + 900}
    text = part(json.dumps(head).encode()) + "." + part(json.dumps(claims).encode())
    mac = hmac.new(os.environ["APP_SECRET"].encode(), text.encode(), hashlib.sha256)
    return text + "." + part(mac.digest())


def call(secret, path, body=None):
    request = urllib.request.Request(os.environ["APP_URL"] + "/api/v1" + path,
        body and json.dumps(body).encode(),
        {"Authorization": "Bearer " + secret, "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return answer.status, json.load(answer)


path = "/channels/%s/messages" % os.environ["APP_CHANNEL"]
print(call(token("py-1", "Pia", "pia@app.test"), path, {"body": "hello from Python"})[0])
# Later: log the user out everywhere. The API key has the scope users:manage.
user = call(os.environ["APP_API_KEY"], "/users?externalId=py-1")[1]["users"][0]
print(call(os.environ["APP_API_KEY"], "/auth/revoke", {"userId": user["userId"]})[0])
