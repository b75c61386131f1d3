// Signs in a user with the tenant's own Ed25519 key, and out again. Node 18 or later, no packages.
import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { APP_URL, APP_TENANT, APP_CHANNEL, APP_ISSUER, APP_KID, APP_KEY_FILE, APP_API_KEY } =
  process.env;
const key = readFileSync(APP_KEY_FILE); // PEM of the private key
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(sub, name, email) {
  const iat = Math.floor(Date.now() / 1000);
  const text = part({ alg: 'EdDSA', typ: 'JWT', kid: APP_KID }) + '.' + part({
    iss: APP_ISSUER, aud: 'echostream', tid: APP_TENANT, sub, name, email, iat, exp: iat + 900 });
  return text + '.' + sign(null, Buffer.from(text), key).toString('base64url');
}

const call = (secret, path, body) => fetch(`${APP_URL}/api/v1${path}`, {
  method: body ? 'POST' : 'GET',
  headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
  body: body && JSON.stringify(body),
});

const bearer = token('node-1', 'Noa', 'noa@app.test');
const sent = await call(bearer, `/channels/${APP_CHANNEL}/messages`, { body: 'hello from Node' });
console.log(sent.status);
// Later: log the user out everywhere. The API key has the scope users:manage.
const { users } = await (await call(APP_API_KEY, '/users?externalId=node-1')).json();
console.log((await call(APP_API_KEY, '/auth/revoke', { userId: users[0].userId })).status);
