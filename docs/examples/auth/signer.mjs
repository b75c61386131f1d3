// Signs in a user with the tenant's own Ed25519 key. Node 18 or later, no packages.
import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { APP_URL, APP_TENANT, APP_CHANNEL, APP_ISSUER, APP_KID, APP_KEY_FILE } = process.env;
const key = readFileSync(APP_KEY_FILE); // PEM of the private key
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(sub, name, email) {
  const iat = Math.floor(Date.now() / 1000);
  const text = part({ alg: 'EdDSA', typ: 'JWT', kid: APP_KID }) + '.' + part({
    iss: APP_ISSUER, aud: 'echostream', tid: APP_TENANT, sub, name, email, iat, exp: iat + 900 });
  return text + '.' + sign(null, Buffer.from(text), key).toString('base64url');
}

const answer = await fetch(`${APP_URL}/api/v1/channels/${APP_CHANNEL}/messages`, {
  method: 'POST',
  headers: { Authorization: `Bearer ${token('node-1', 'Noa', 'noa@app.test')}`,
    'Content-Type': 'application/json' },
  body: JSON.stringify({ body: 'hello from Node' }),
});
console.log(answer.status);
