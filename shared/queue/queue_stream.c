#include "queue/queue_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/banned.h"

/* First part of the two scripts that change a stream. KEYS[1] is the stream, KEYS[2] the
 * hash of the counters, ARGV[1] the partition. trusted() says whether `bytes` can be the
 * size of the stream. */
#define COUNTING \
	"local stream, counts, part = KEYS[1], KEYS[2], ARGV[1]\n" \
	"local function entries(last, each)\n" \
	"  local from, n = '-', 0\n" \
	"  repeat\n" \
	"    local page = redis.call('XRANGE', stream, from, last, 'COUNT', 64)\n" \
	"    n = #page\n" \
	"    for _, entry in ipairs(page) do\n" \
	"      each(#entry[2][2])\n" \
	"      from = '(' .. entry[1]\n" \
	"    end\n" \
	"  until n < 64\n" \
	"end\n" \
	"local function trusted(bytes)\n" \
	"  local empty = redis.call('XLEN', stream) == 0\n" \
	"  return bytes and bytes >= 0 and (bytes == 0) == empty\n" \
	"end\n" \
	"local function recount()\n" \
	"  local part_bytes, total = 0, 0\n" \
	"  entries('+', function(len) part_bytes = part_bytes + len end)\n" \
	"  redis.call('HDEL', counts, 'total')\n" \
	"  redis.call('HSET', counts, part, part_bytes)\n" \
	"  for _, v in ipairs(redis.call('HVALS', counts)) do total = total + v end\n" \
	"  redis.call('HSET', counts, 'total', total)\n" \
	"  return total\n" \
	"end\n" \
	"local function counted()\n" \
	"  local c = redis.call('HMGET', counts, 'total', part)\n" \
	"  return tonumber(c[1]), tonumber(c[2])\n" \
	"end\n" \
	"local function add(bytes)\n" \
	"  redis.call('HINCRBY', counts, 'total', bytes)\n" \
	"  redis.call('HINCRBY', counts, part, bytes)\n" \
	"end\n"

/* ARGV: partition, max_bytes, body. Returns the id of the entry, or 0 when the queue is
 * full. */
struct redis_script queue_stream_send = {
    .text =
	COUNTING "local max, body = tonumber(ARGV[2]), ARGV[3]\n"
		 "local total, part_bytes = counted()\n"
		 "if not total or not trusted(part_bytes) then total = recount() end\n"
		 "if total + #body > max then return 0 end\n"
		 "local id = redis.call('XADD', stream, '*', 'e', body)\n"
		 "add(#body)\n"
		 "return id\n"};

/* ARGV: partition, last id to delete, first id to keep. Returns the number of bytes
 * freed. */
struct redis_script queue_stream_trim = {
    .text = COUNTING
    "local freed = 0\n"
    "entries(ARGV[2], function(len) freed = freed + len end)\n"
    "redis.call('XTRIM', stream, 'MINID', ARGV[3])\n"
    "local total, part_bytes = counted()\n"
    "if total and part_bytes and total >= freed and trusted(part_bytes - freed) then\n"
    "  if freed > 0 then add(-freed) end\n"
    "else\n"
    "  recount()\n"
    "end\n"
    "return freed\n"};

/* KEYS: the counters, then all streams. Returns the number of messages, the bytes (-1:
 * not known), and the first id of each stream. */
struct redis_script queue_stream_stats = {
    .text = "local n, first = 0, {}\n"
	    "for i = 2, #KEYS do\n"
	    "  n = n + redis.call('XLEN', KEYS[i])\n"
	    "  local head = redis.call('XRANGE', KEYS[i], '-', '+', 'COUNT', 1)\n"
	    "  if head[1] then first[#first + 1] = head[1][1] end\n"
	    "end\n"
	    "local bytes = tonumber(redis.call('HGET', KEYS[1], 'total'))\n"
	    "if n == 0 then bytes = 0 end\n"
	    "return {n, bytes or -1, first}\n"};

void
queue_stream_key(unsigned partition, char out[24])
{
	(void)snprintf(out, 24, "es:q:%u", partition);
}

static struct redis_arg
queue_stream_arg(const char *s)
{
	return (struct redis_arg){s, strlen(s)};
}

void
queue_stream_request_init(struct queue_stream_request *req,
    const struct queue_settings *settings, const struct queue_msg *msg)
{
	const unsigned partition = queue_partition_of(msg->group, settings->partitions);

	queue_stream_key(partition, req->stream);
	(void)snprintf(req->partition, sizeof(req->partition), "%u", partition);
	(void)snprintf(
	    req->max_bytes, sizeof(req->max_bytes), "%" PRId64, settings->max_bytes);
	req->argv[0] = queue_stream_arg(req->stream);
	req->argv[1] = queue_stream_arg(QUEUE_STREAM_BYTES);
	req->argv[2] = queue_stream_arg(req->partition);
	req->argv[3] = queue_stream_arg(req->max_bytes);
	req->argv[4] = (struct redis_arg){msg->body, msg->len};
}

enum es_code
queue_stream_send_result(const struct redis_value *v, struct es_err *err)
{
	if (v->kind == REDIS_STRING)
		return ES_OK;
	if (v->kind == REDIS_INT && v->num == 0)
		return es_fail(err, ES_QUEUE_FULL, "the queue is full");
	return es_fail(err, ES_INTERNAL, "Redis: unexpected reply to the send script");
}
