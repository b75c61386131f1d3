#include "core/id.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "core/check.h"
#include "core/clock.h"

#include "core/banned.h"

bool
uuid_valid(const char *s)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strnlen(s, sizeof(shape)) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		const bool hex =
		    (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f');

		if (shape[i] == '-' ? s[i] != '-' : !hex)
			return false;
	}
	return true;
}

static void
id_print_uuid(const unsigned char raw[16], char out[ES_UUID_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = hex[raw[i] >> 4];
		out[at++] = hex[raw[i] & 15];
	}
	out[at] = '\0';
}

/* Random bytes for 16 ids at a time: getrandom() takes longer than the rest of an id. The
 * bytes before `used` are gone: each id wipes its own. */
static struct {
	unsigned char bytes[256]; /* getrandom() never returns fewer than asked for */
	size_t used;
	bool fork_noted;
} pool = {.used = sizeof(pool.bytes)};

/* After fork() parent and child have the same bytes, so the child forgets them: otherwise
 * both would make the same ids. */
static void
id_forget_pool(void)
{
	memset(pool.bytes, 0, sizeof(pool.bytes));
	pool.used = sizeof(pool.bytes);
}

static void
id_draw(unsigned char raw[16])
{
	if (!pool.fork_noted)
		CHECK(pthread_atfork(NULL, NULL, id_forget_pool) == 0);
	pool.fork_noted = true;
	if (pool.used == sizeof(pool.bytes)) {
		CHECK(getrandom(pool.bytes, sizeof(pool.bytes), 0) ==
		      (ssize_t)sizeof(pool.bytes));
		pool.used = 0;
	}
	memcpy(raw, pool.bytes + pool.used, 16);
	memset(pool.bytes + pool.used, 0, 16);
	pool.used += 16;
}

/* The 12 bits after the version are a counter within one millisecond (RFC 9562 section
 * 6.2, method 1), so that the ids of one process increase. When the counter is full, the
 * id takes the time of the next millisecond. */
void
uuid_new(char out[ES_UUID_TEXT])
{
	static uint64_t last;
	unsigned char raw[16];
	uint64_t stamp = (uint64_t)clock_wall_ms() << 12;

	id_draw(raw);
	if (stamp <= last)
		stamp = last + 1;
	last = stamp;
	for (int i = 0; i < 6; i++)
		raw[i] = (unsigned char)(stamp >> (12 + 8 * (5 - i)));
	raw[6] = (unsigned char)(0x70 | ((stamp >> 8) & 0x0f));
	raw[7] = (unsigned char)(stamp & 0xff);
	raw[8] = (unsigned char)(0x80 | (raw[8] & 0x3f));
	id_print_uuid(raw, out);
}

bool
uuid_take(const char *s, char out[ES_UUID_TEXT])
{
	char lower[ES_UUID_TEXT] = "";

	for (size_t i = 0; s != NULL && i < ES_UUID_TEXT - 1 && s[i] != '\0'; i++)
		lower[i] = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] - 'A' + 'a') : s[i];
	if (s == NULL || strnlen(s, ES_UUID_TEXT) >= ES_UUID_TEXT || !uuid_valid(lower))
		return false;
	memcpy(out, lower, ES_UUID_TEXT);
	return true;
}

static enum es_code
id_parse(const char *s, const char *what, char out[ES_UUID_TEXT], struct es_err *err)
{
	if (!uuid_take(s, out))
		return es_fail(err, ES_NOT_FOUND, "no such %s", what);
	return ES_OK;
}

enum es_code
tenant_id_parse(const char *s, struct tenant_id *out, struct es_err *err)
{
	return id_parse(s, "tenant", out->text, err);
}

enum es_code
user_id_parse(const char *s, struct user_id *out, struct es_err *err)
{
	return id_parse(s, "user", out->text, err);
}

enum es_code
channel_id_parse(const char *s, struct channel_id *out, struct es_err *err)
{
	return id_parse(s, "channel", out->text, err);
}
