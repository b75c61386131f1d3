# Signs in a user with the tenant's own HS256 secret. Standard library only.
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


url = "%s/api/v1/channels/%s/messages" % (os.environ["APP_URL"], os.environ["APP_CHANNEL"])
headers = {"Authorization": "Bearer " + token("py-1", "Pia", "pia@app.test"),
           "Content-Type": "application/json"}
body = json.dumps({"body": "hello from Python"}).encode()
print(urllib.request.urlopen(urllib.request.Request(url, body, headers)).status)
