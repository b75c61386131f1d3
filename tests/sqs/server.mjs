// An SQS to test with: fauxqs (npm) behind a check of the signature, on one loopback port.
//
//   node server.mjs FAUXQS_FOLDER PORT QUEUE[,QUEUE...]
//
// Environment: SQS_ACCESS_KEY, SQS_SECRET_KEY, SQS_REGION, SQS_VISIBILITY_S. Says `ready URL,URL` when it
// listens; PORT 0 takes a free one. Ends by SIGTERM. Tests make it misbehave through /_test/... (POST):
//   purge                        as new: no message, no fault, the first keys
//   fault {action, name, status, times, entries, hang}   answer so, instead of the work; entries: only these
//                                of a batch fail; hang: take the request and say nothing
//   keys {access, secret, token, life_s}   what is good from now on; /_test/credentials hands them out
//   counts                       how often each action was asked for, and credentials
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { verify } from './sigv4.mjs';

const [folder, port, names] = process.argv.slice(2);
const { buildApp } = await import(pathToFileURL(path.join(folder, 'node_modules/fauxqs/dist/app.js')));
const region = process.env.SQS_REGION || 'us-east-1';
const first = { access: process.env.SQS_ACCESS_KEY || 'AKTEST', secret: process.env.SQS_SECRET_KEY || 'secret', token: '' };
const app = buildApp({ logger: false, defaultRegion: region });
const JSON_10 = 'application/x-amz-json-1.0';
let keys = first, faults = [], counts = {}, urls = [], host = '';

async function ask(action, body) {
	const headers = { 'content-type': JSON_10, 'x-amz-target': `AmazonSQS.${action}`, host };
	const answer = await app.inject({ method: 'POST', url: '/', headers, payload: JSON.stringify(body) });
	if (answer.statusCode !== 200) throw new Error(`${action}: ${answer.body}`);
	return answer.body ? JSON.parse(answer.body) : {};
}

const error = (name, status) => [status, { __type: `com.amazonaws.sqs#${name}`, message: 'no' }];

function fault_of(action) {
	const fault = faults.find((f) => f.times > 0 && (!f.action || f.action === action));
	if (fault) fault.times--;
	return fault;
}

// Some entries of a batch fail, the others are done.
async function some(action, body, fault) {
	const failed = body.Entries.filter((_, i) => fault.entries.includes(i));
	const rest = body.Entries.filter((_, i) => !fault.entries.includes(i));
	const done = rest.length ? await ask(action, { ...body, Entries: rest }) : { Successful: [] };
	const why = { Code: fault.name, SenderFault: !!fault.sender, Message: 'no' };
	return [200, { ...done, Failed: [...(done.Failed || []), ...failed.map((e) => ({ Id: e.Id, ...why }))] }];
}

// What a client that is gone would have got goes back at once, so that a restart in a test
// does not wait for the visibility timeout.
async function give_back(action, body, answer) {
	for (const m of (action === 'ReceiveMessage' && answer.Messages) || [])
		await ask('ChangeMessageVisibility', { QueueUrl: body.QueueUrl, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0 });
}

async function work(req, res, text) {
	const action = (req.headers['x-amz-target'] || '').replace('AmazonSQS.', '');
	counts[action] = (counts[action] || 0) + 1;
	const wrong = verify(req, text, keys, region);
	if (wrong) return error(wrong, 403);
	const fault = fault_of(action), body = JSON.parse(text);
	if (fault?.hang) return null;
	if (fault?.entries) return some(action, body, fault);
	if (fault) return error(fault.name, fault.status || 400);
	const headers = { 'content-type': JSON_10, 'x-amz-target': req.headers['x-amz-target'], host };
	const answer = await app.inject({ method: 'POST', url: '/', headers, payload: text });
	const parsed = answer.body ? JSON.parse(answer.body) : {};
	if (res.destroyed) await give_back(action, body, parsed);
	return [answer.statusCode, parsed];
}

async function purge() {
	faults = [], counts = {}, keys = first;
	for (const url of urls) await ask('PurgeQueue', { QueueUrl: url });
	return {};
}

function credentials(req) {
	counts.credentials = (counts.credentials || 0) + 1;
	if (keys.shown && req.headers.authorization !== keys.shown) return [401, { code: 'no', message: 'no' }];
	const end = new Date(Date.now() + (keys.life_s ?? 3600) * 1000).toISOString().replace(/\.\d+Z/, 'Z');
	return [200, { AccessKeyId: keys.access, SecretAccessKey: keys.secret, Token: keys.token, Expiration: end }];
}

async function test(req, text) {
	const given = text ? JSON.parse(text) : {};
	switch (req.url.slice('/_test/'.length)) {
	case 'purge': return [200, await purge()];
	case 'fault': return faults.push({ times: 1, ...given }), [200, {}];
	case 'keys': return (keys = { token: '', ...given }), [200, {}];
	case 'counts': return [200, counts];
	case 'credentials': return credentials(req);
	}
	return [404, {}];
}

const server = http.createServer((req, res) => {
	const parts = [];
	req.on('data', (part) => parts.push(part));
	req.on('end', async () => {
		const text = Buffer.concat(parts).toString();
		try {
			const answer = req.url.startsWith('/_test/') ? await test(req, text) : await work(req, res, text);
			if (!answer) return;
			res.writeHead(answer[0], { 'content-type': JSON_10 });
			res.end(JSON.stringify(answer[1]));
		} catch (e) {
			res.writeHead(500);
			res.end(String(e));
		}
	});
});
server.keepAliveTimeout = 60000;
server.listen(Number(port), '127.0.0.1', async () => {
	host = `127.0.0.1:${server.address().port}`;
	await ask('CreateQueue', { QueueName: 'dead.fifo', Attributes: { FifoQueue: 'true' } });
	const attributes = {
		FifoQueue: 'true',
		VisibilityTimeout: process.env.SQS_VISIBILITY_S || '30',
		RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:${region}:000000000000:dead.fifo`, maxReceiveCount: 100 }),
	};
	for (const name of names.split(','))
		urls.push((await ask('CreateQueue', { QueueName: name, Attributes: attributes })).QueueUrl);
	// not FIFO, no redrive: for tests of the check
	await ask('CreateQueue', { QueueName: 'bare.fifo', Attributes: { FifoQueue: 'true' } });
	console.log(`ready http://${host} ${urls.join(',')}`);
});
process.on('SIGTERM', () => process.exit(0));
