// Patches the class SqsQueue of fauxqs, so that its FIFO queues behave as those of AWS in these points:
//   - a receive takes several messages of one group, not one; the group is locked until all are done
//   - a message that becomes visible again takes its old place in the order of its group
//   - a waiting receive wakes up for a message that it can take, not for one of a locked group
//   - an expired receipt deletes nothing, and is an error
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const RECEIVE_MAX = 10;
const by_number = (a, b) => (a.sequenceNumber < b.sequenceNumber ? -1 : 1);

function lease(queue, message, seconds) {
	const handle = randomUUID(), group = message.messageGroupId;
	queue.inflightMessages.set(handle, { message, receiptHandle: handle, visibilityDeadline: Date.now() + seconds * 1000 });
	queue.fifoLockedGroups.set(group, (queue.fifoLockedGroups.get(group) ?? 0) + 1);
	return { MessageId: message.messageId, ReceiptHandle: handle, MD5OfBody: message.md5OfBody, Body: message.body };
}

// After too many deliveries the message becomes a dead letter.
function is_dead(queue, message, find) {
	const policy = JSON.parse(queue.attributes.RedrivePolicy || '{}');
	const target = message.approximateReceiveCount > (policy.maxReceiveCount ?? Infinity) && find?.(policy.deadLetterTargetArn);
	target?.enqueue?.(message);
	return !!target;
}

function take(max, visibility, find) {
	this.processTimers();
	const found = [], most = Math.min(max, RECEIVE_MAX), seconds = visibility ?? Number(this.attributes.VisibilityTimeout);
	for (const [group, waiting] of [...this.fifoMessages]) {
		if (this.fifoLockedGroups.has(group)) continue;
		while (found.length < most && waiting.length > 0) {
			const message = waiting.shift();
			message.approximateReceiveCount++;
			message.approximateFirstReceiveTimestamp ||= Date.now();
			if (!is_dead(this, message, find)) found.push(lease(this, message, seconds));
		}
		if (waiting.length === 0) this.fifoMessages.delete(group);
	}
	return found;
}

// Patches the fauxqs that is installed in `folder`, and returns a new store for the server.
export async function store_of(folder) {
	const { SqsQueue, SqsStore } = await import(pathToFileURL(path.join(folder, 'node_modules/fauxqs/dist/sqs/sqsStore.js')));
	const its = SqsQueue.prototype, { notifyWaiters } = its;
	its.dequeueFifo = take;
	for (const name of ['processTimers', 'changeVisibility']) {
		const was = its[name];
		its[name] = function (...args) {
			was.apply(this, args);
			for (const waiting of this.fifoMessages.values()) waiting.sort(by_number);
		};
	}
	its.notifyWaiters = function () {
		if (!this.isFifo() || this.hasAvailableFifoMessages()) notifyWaiters.call(this);
	};
	const { deleteMessage } = its;
	its.deleteMessage = function (handle) {
		(this.gone ||= new Set()).add(handle);
		return deleteMessage.call(this, handle);
	};
	return new SqsStore();
}

// The receipt has expired, and the message still exists.
export const has_expired = (queue, handle) => !queue.inflightMessages.has(handle) && !queue.gone?.has(handle);
