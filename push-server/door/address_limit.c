#include "door/address_limit.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

#define SETS 4096 /* sets of WAYS addresses; the hash of an address chooses the set */
#define WAYS 4    /* a full set replaces the address with the earliest due_us */

/* A GCRA stamp: the time at which the address's next handshake would be due if its
 * handshakes came at an even pace. */
struct stamp {
	uint64_t address;
	int64_t due_us;
};

struct address_limit {
	int64_t per_min;
	struct stamp stamps[SETS][WAYS];
};

struct address_limit *
address_limit_new(int64_t per_min)
{
	struct address_limit *l = mem_new(1, sizeof(*l));

	l->per_min = per_min;
	return l;
}

void
address_limit_set(struct address_limit *l, int64_t per_min)
{
	l->per_min = per_min;
}

void
address_limit_free(struct address_limit **l)
{
	mem_free(*l);
	*l = NULL;
}

/* The address as a key of the table; 0 for a loopback address. */
static uint64_t
address_limit_address_key(const char *text)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	unsigned char b[16];
	uint64_t key;

	if (inet_pton(AF_INET, text, b) == 1)
		return b[0] == 127 ? 0 : keyed_hash(b, 4) | 1;
	if (inet_pton(AF_INET6, text, b) != 1)
		return keyed_hash(text, strlen(text)) | 1;
	if (memcmp(b, mapped, sizeof(mapped)) == 0)
		return b[12] == 127 ? 0 : keyed_hash(b + 12, 4) | 1;
	if (memcmp(b, &in6addr_loopback, sizeof(b)) == 0)
		return 0;
	key = keyed_hash(b, 8);
	return key | 1;
}

static struct stamp *
address_limit_stamp_of(struct address_limit *l, uint64_t address)
{
	struct stamp *set = l->stamps[(address >> 1) % SETS], *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].address == address)
			return &set[i];
		if (set[i].due_us < oldest->due_us)
			oldest = &set[i];
	}
	*oldest = (struct stamp){.address = address};
	return oldest;
}

bool
address_limit_take(
    struct address_limit *l, const char *address, int64_t now_ms, int64_t *retry_ms)
{
	const uint64_t key = address_limit_address_key(address);
	const int64_t minute_us = 60000000, now_us = now_ms * 1000;
	int64_t step_us, due_us;
	struct stamp *s;

	if (l->per_min == 0 || key == 0)
		return true;
	step_us = minute_us / l->per_min;
	s = address_limit_stamp_of(l, key);
	due_us = s->due_us > now_us ? s->due_us : now_us;
	if (due_us + step_us - now_us > minute_us) {
		*retry_ms = (due_us + step_us - now_us - minute_us + 999) / 1000;
		return false;
	}
	s->due_us = due_us + step_us;
	return true;
}
