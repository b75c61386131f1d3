// Checks the signature of a request as AWS does (Signature Version 4): rebuilds the signed text from
// the received request. Returns null or the name of the error.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const SKEW_MS = 15 * 60 * 1000;
const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();

const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const wallTime = (stamp) =>
	Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

// keys: {access, secret, token}; token is empty for keys without an end
export function verify(req, body, keys, region) {
	const pattern =
		/^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
	const found = pattern.exec(req.headers.authorization || '');
	if (!found) return 'MissingAuthenticationToken';
	const [, access, day, where, service, names, signature] = found;
	const stamp = req.headers['x-amz-date'] || '';
	if (access !== keys.access) return 'InvalidClientTokenId';
	if (where !== region || service !== 'sqs' || !stamp.startsWith(day)) return 'SignatureDoesNotMatch';
	if (!(Math.abs(wallTime(stamp) - Date.now()) < SKEW_MS)) return 'SignatureDoesNotMatch';
	const signed = names.split(';');
	if (!signed.includes('host') || !signed.includes('x-amz-date')) return 'SignatureDoesNotMatch';
	if ((req.headers['x-amz-security-token'] || '') !== keys.token) return 'InvalidClientTokenId';
	// a token or a target that is not signed could be swapped on the way
	for (const name of Object.keys(req.headers))
		if (name.startsWith('x-amz-') && !signed.includes(name)) return 'SignatureDoesNotMatch';
	const url = new URL(req.url, 'http://x');
	const query = [...url.searchParams].map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).sort();
	// A header that was signed and not sent has no value here, as with AWS.
	const headers = signed.map((n) => `${n}:${String(req.headers[n] ?? '\0').trim().replace(/ +/g, ' ')}\n`);
	const canonical = [req.method, url.pathname, query.join('&'), headers.join(''), names, sha256(body)].join('\n');
	const scope = `${day}/${where}/${service}/aws4_request`;
	const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
	const key = [day, where, service, 'aws4_request'].reduce(hmac, 'AWS4' + keys.secret);
	return same(hmac(key, text).toString('hex'), signature) ? null : 'SignatureDoesNotMatch';
}
