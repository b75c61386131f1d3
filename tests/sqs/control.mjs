// Commands of tests, as POST /_test/WORD with JSON:
//   purge       delete all messages and faults, use the first keys
//   fault {action, name, status, times, for_s, entries, sender, hang, visibility_s}
//               answer with this error, `times` times or for `for_s` seconds; action '' means any
//               action; entries: only these entries of a batch fail; hang: do not answer;
//               visibility_s: succeed, with that visibility timeout
//   calm        end all faults
//   keys {access, secret, token, life_s, shown, old}
//               the valid keys from now on; /_test/credentials returns them to requests with the
//               authorization `shown` (to all without it); old: the error for other keys; {}: the
//               first keys
//   keys_now    the keys of the last `keys`, or the first ones
//   counts      the number of requests for each action, and for credentials
//   put {queue, group, body}
//               add an entry that no program of ours writes
//   again       end all leases at once
//   repeat {most}
//               add three copies of the queue's messages, out of order, at most `most` a queue
//   state       {waiting, leased, dead, most_receives}
import { randomUUID } from 'node:crypto';

const shuffled = (all) => all.map((one) => [Math.random(), one]).sort((a, b) => a[0] - b[0]).map((pair) => pair[1]);

export class Control {
	urls = [];

	constructor(store, ask, keys) {
		Object.assign(this, { store, ask, first: keys, keys, faults: [], counts: {} });
	}

	count(what) {
		this.counts[what] = (this.counts[what] || 0) + 1;
	}

	// A request with former keys gets another error than one with unknown keys.
	refuses(req) {
		const old = this.keys.old, access = /Credential=([^/]+)\//.exec(req.headers.authorization || '')?.[1];
		return old && access !== this.keys.access ? old : null;
	}

	fault_of(action) {
		const now = Date.now();
		this.faults = this.faults.filter((f) => f.times > 0 && f.until > now);
		const fault = this.faults.find((f) => !f.action || f.action === action);
		if (fault) fault.times--;
		return fault;
	}

	queues() {
		return this.urls.map((url) => this.store.getQueue(url));
	}

	async test(req, text) {
		const word = req.url.slice('/_test/'.length), given = text ? JSON.parse(text) : {};
		if (word === 'credentials') return this.credentials(req);
		return word in verbs ? [200, (await verbs[word](this, given)) ?? {}] : [404, {}];
	}

	credentials(req) {
		const k = this.keys;
		this.count('credentials');
		if (k.shown && req.headers.authorization !== k.shown) return [401, { code: 'no', message: 'no' }];
		const end = new Date(Date.now() + (k.life_s ?? 3600) * 1000).toISOString().replace(/\.\d+Z/, 'Z');
		return [200, { AccessKeyId: k.access, SecretAccessKey: k.secret, Token: k.token, Expiration: end }];
	}
}

const verbs = {
	async purge(c) {
		Object.assign(c, { faults: [], counts: {}, keys: c.first });
		for (const url of c.urls) await c.ask('PurgeQueue', { QueueUrl: url });
	},
	fault: (c, given) => void c.faults.push({ ...given, times: given.times ?? (given.for_s ? Infinity : 1),
		until: given.for_s ? Date.now() + given.for_s * 1000 : Infinity }),
	calm: (c) => void (c.faults = []),
	keys: (c, given) => void (c.keys = given.access ? { token: '', ...given } : c.first),
	keys_now: (c) => c.keys,
	counts: (c) => c.counts,
	put: (c, { queue, group, body }) => c.ask('SendMessage', { QueueUrl: c.urls[queue], MessageGroupId: group,
		MessageDeduplicationId: randomUUID(), MessageBody: body }),
	again(c) {
		let n = 0;
		for (const queue of c.queues())
			for (const handle of [...queue.inflightMessages.keys()]) queue.changeVisibility(handle, 0), n++;
		return { n };
	},
	async repeat(c, { most }) {
		let n = 0;
		for (const [i, queue] of c.queues().entries()) {
			const { ready, inflight } = queue.inspectMessages();
			const all = [...inflight.map((one) => one.message), ...ready].slice(0, 20);
			for (const { messageGroupId: group, body } of shuffled([...all, ...all, ...all]).slice(0, most))
				await verbs.put(c, { queue: i, group, body }), n++;
		}
		return { n };
	},
	state(c) {
		const all = c.queues().map((queue) => queue.inspectMessages());
		const sum = (of) => all.reduce((n, one) => n + of(one), 0);
		const messages = all.flatMap((one) => [...one.ready, ...one.inflight.map((lease) => lease.message)]);
		return { waiting: sum((one) => one.ready.length), leased: sum((one) => one.inflight.length),
			dead: c.store.getQueueByName('dead.fifo').inspectMessages().ready.length,
			most_receives: Math.max(0, ...messages.map((m) => m.approximateReceiveCount)) };
	},
};
