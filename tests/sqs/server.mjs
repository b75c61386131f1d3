// An SQS for tests: fauxqs (npm) behind a check of signatures, on one loopback port.
//
//   node server.mjs FAUXQS_FOLDER PORT QUEUE[,QUEUE...]
//
// Environment: SQS_ACCESS_KEY, SQS_SECRET_KEY, SQS_SESSION_TOKEN, SQS_REGION, SQS_VISIBILITY_S, and
// SQS_LISTEN (address to listen on, default 127.0.0.1).
// Prints `ready URL,URL` when it listens; PORT 0 is a free port. SIGTERM ends it. Tests cause faults
// by POST /_test/... (control.mjs).
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Control } from './control.mjs';
import { has_expired, store_of } from './fifo.mjs';
import { verify } from './sigv4.mjs';

const [folder, port, names] = process.argv.slice(2);
const store = await store_of(folder);
const { buildApp } = await import(pathToFileURL(path.join(folder, 'node_modules/fauxqs/dist/app.js')));
const region = process.env.SQS_REGION || 'us-east-1';
const app = buildApp({ logger: false, defaultRegion: region, stores: { sqsStore: store } });
const JSON_10 = 'application/x-amz-json-1.0';
const MAX_RECEIVES = 100;
let host = '';

async function inject(action, payload) {
	const headers = { 'content-type': JSON_10, 'x-amz-target': `AmazonSQS.${action}`, host };
	const answer = await app.inject({ method: 'POST', url: '/', headers, payload });
	return [answer.statusCode, answer.body ? JSON.parse(answer.body) : {}];
}

async function ask(action, body) {
	const [status, value] = await inject(action, JSON.stringify(body));
	if (status !== 200) throw new Error(`${action}: ${JSON.stringify(value)}`);
	return value;
}

const control = new Control(store, ask, {
	access: process.env.SQS_ACCESS_KEY || 'AKTEST', secret: process.env.SQS_SECRET_KEY || 'secret', token: process.env.SQS_SESSION_TOKEN || '',
});

const error = (name, status) => [status, { __type: `com.amazonaws.sqs#${name}`, message: 'no' }];

// Some entries of a batch fail, the others succeed.
async function some(action, body, fails, why) {
	const failed = body.Entries.filter(fails), rest = body.Entries.filter((e, i) => !fails(e, i));
	const done = rest.length ? await ask(action, { ...body, Entries: rest }) : { Successful: [] };
	const told = { Code: why.name, SenderFault: !!why.sender, Message: 'no' };
	return [200, { ...done, Failed: [...(done.Failed || []), ...failed.map((e) => ({ Id: e.Id, ...told }))] }];
}

// Messages for a client that has closed its connection are visible again at once, so that a restart
// in a test does not wait for the visibility timeout.
async function give_back(body, answer) {
	for (const m of answer.Messages || [])
		await ask('ChangeMessageVisibility', { QueueUrl: body.QueueUrl, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0 });
}

async function work(req, res, text) {
	const action = (req.headers['x-amz-target'] || '').replace('AmazonSQS.', '');
	control.count(action);
	const wrong = control.refuses(req) || verify(req, text, control.keys, region);
	if (wrong) return error(wrong, 403);
	const fault = control.fault_of(action), body = JSON.parse(text), queue = store.getQueue(body.QueueUrl);
	if (fault?.hang) return null;
	if (fault?.entries) return some(action, body, (_, i) => fault.entries.includes(i), fault);
	if (fault?.visibility_s !== undefined) return inject(action, JSON.stringify({ ...body, VisibilityTimeout: fault.visibility_s }));
	if (fault) return error(fault.name, fault.status || 400);
	if (/^(Delete|ChangeMessageVis).*Batch$/.test(action) && queue && body.Entries?.some((e) => has_expired(queue, e.ReceiptHandle)))
		return some(action, body, (e) => has_expired(queue, e.ReceiptHandle), { name: 'ReceiptHandleIsInvalid', sender: true });
	const answer = await inject(action, text);
	if (res.destroyed && action === 'ReceiveMessage') await give_back(body, answer[1]);
	return answer;
}

const server = http.createServer((req, res) => {
	const parts = [];
	req.on('data', (part) => parts.push(part));
	req.on('end', async () => {
		const text = Buffer.concat(parts).toString();
		try {
			const answer = req.url.startsWith('/_test/') ? await control.test(req, text) : await work(req, res, text);
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
server.listen(Number(port), process.env.SQS_LISTEN || '127.0.0.1', async () => {
	host = `127.0.0.1:${server.address().port}`;
	await ask('CreateQueue', { QueueName: 'dead.fifo', Attributes: { FifoQueue: 'true' } });
	const attributes = {
		FifoQueue: 'true',
		VisibilityTimeout: process.env.SQS_VISIBILITY_S || '30',
		RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:${region}:000000000000:dead.fifo`, maxReceiveCount: MAX_RECEIVES }),
	};
	for (const name of names.split(','))
		control.urls.push((await ask('CreateQueue', { QueueName: name, Attributes: attributes })).QueueUrl);
	// not FIFO, no redrive: for tests of the check
	await ask('CreateQueue', { QueueName: 'bare.fifo', Attributes: { FifoQueue: 'true' } });
	console.log(`ready http://${host} ${control.urls.join(',')}`);
});
process.on('SIGTERM', () => process.exit(0));
