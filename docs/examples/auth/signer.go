// Signs in a user with the tenant's own HS256 secret. Standard library only.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

var env = os.Getenv

func part(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func token(userID, name, email string) string {
	now := time.Now().Unix()
	head, _ := json.Marshal(map[string]any{"alg": "HS256", "typ": "JWT", "kid": env("APP_KID")})
	claims, _ := json.Marshal(map[string]any{"iss": env("APP_ISSUER"), "aud": "echostream",
		"tid": env("APP_TENANT"), "sub": userID, "name": name, "email": email,
		"iat": now, "exp": now + 900})
	text := part(head) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte(env("APP_SECRET")))
	mac.Write([]byte(text))
	return text + "." + part(mac.Sum(nil))
}

func main() {
	url := env("APP_URL") + "/api/v1/channels/" + env("APP_CHANNEL") + "/messages"
	req, _ := http.NewRequest("POST", url, strings.NewReader(`{"body":"hello from Go"}`))
	req.Header.Set("Authorization", "Bearer "+token("go-1", "Gina", "gina@app.test"))
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	fmt.Println(res.StatusCode)
}
