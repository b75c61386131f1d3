/* Each process hashes with a key of its own, so that no client can choose ids that
 * collide. */
#include "cunit_main.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/hash.h"
#include "core/recent.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"
#include "unit/fnv_collisions.h"

#include "core/banned.h"

/* 8,000 ids in 8,192 buckets: one run in 10^16 has a longer chain by chance. */
#define LONGEST_CHAIN 20

#define TENANT "01900000-0000-7000-8000-000000000001"

static struct fnv_collision ids[FNV_COLLISIONS];
static struct table_node nodes[FNV_COLLISIONS];

/* This case must run first: the process has no key yet. */
static void
a_hash_before_the_key_is_drawn_stops_the_program(void)
{
	const pid_t child = fork();
	int status = 0;

	if (child == 0) {
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)close(STDERR_FILENO);
		_exit((int)(keyed_hash("a", 1) & 1));
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* The expected values are vectors_sip64 of the reference implementation. The key is 00 01
 * .. 0f, and the inputs are 00 01 .. of each length. Appendix A of the paper has the
 * value for length 15, too. */
static void
known_answers_of_siphash_2_4(void)
{
	unsigned char key[KEYED_HASH_KEY], input[63];

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	for (unsigned i = 0; i < sizeof(input); i++)
		input[i] = (unsigned char)i;
	CU_ASSERT_EQUAL(keyed_hash_under(key, input, 0), 0x726fdb47dd0e0e31ULL);
	CU_ASSERT_EQUAL(keyed_hash_under(key, input, 15), 0xa129ca6149be45e5ULL);
	CU_ASSERT_EQUAL(keyed_hash_under(key, input, 63), 0x958a324ceb064572ULL);
	key[0] ^= 1;
	CU_ASSERT_NOT_EQUAL(keyed_hash_under(key, input, 15), 0xa129ca6149be45e5ULL);
}

/* Returns the hash of "a" in a new process that has drawn its own key. */
static uint64_t
hash_of_a_child(void)
{
	uint64_t h = 0;
	int status, ends[2];
	pid_t child;

	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		keyed_hash_draw();
		h = keyed_hash("a", 1);
		_exit(write(ends[1], &h, sizeof(h)) == (ssize_t)sizeof(h) ? 0 : 1);
	}
	CHECK(child > 0 && read(ends[0], &h, sizeof(h)) == (ssize_t)sizeof(h));
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
	return h;
}

static void
each_process_draws_its_own_key(void)
{
	uint64_t here, first, second;

	keyed_hash_draw();
	here = keyed_hash("a", 1);
	CU_ASSERT_EQUAL(keyed_hash("a", 1), here);
	keyed_hash_draw(); /* a second call in one process keeps the key */
	CU_ASSERT_EQUAL(keyed_hash("a", 1), here);
	first = hash_of_a_child();
	second = hash_of_a_child();
	CU_ASSERT_TRUE(first != here && second != here && first != second);
}

static size_t
longest_chain(uint64_t (*hash)(const void *, size_t))
{
	struct table t;
	size_t longest;

	table_init(&t);
	memset(nodes, 0, sizeof(nodes));
	for (size_t i = 0; i < FNV_COLLISIONS; i++)
		table_add(&t, &nodes[i], hash(&ids[i], sizeof(ids[i])));
	CU_ASSERT_EQUAL(t.n_buckets, 1U << FNV_COLLISIONS_BITS);
	longest = fnv_collisions_longest(&t);
	table_fini(&t);
	return longest;
}

static void
ids_chosen_to_collide_are_spread(void)
{
	keyed_hash_draw();
	fnv_collisions(TENANT, ids);
	CU_ASSERT_EQUAL(longest_chain(hash_bytes), FNV_COLLISIONS);
	CU_ASSERT_TRUE(longest_chain(keyed_hash) <= LONGEST_CHAIN);
}

static unsigned hashed;

static uint64_t
counting_hash(const void *key, size_t size)
{
	hashed++;
	return keyed_hash(key, size);
}

static void
recent_add_uses_the_hash_of_its_caller(void)
{
	struct recent *r = recent_new(1000, sizeof(ids[0]), 10, counting_hash);

	CU_ASSERT_TRUE(recent_add(r, &ids[0], 0));
	CU_ASSERT_FALSE(recent_add(r, &ids[0], 1));
	CU_ASSERT_EQUAL(hashed, 2);
	recent_free(&r);
}

static CU_TestInfo cases[] = {
    {"a hash before the key is drawn stops the program",
	a_hash_before_the_key_is_drawn_stops_the_program},
    {"known answers of SipHash-2-4", known_answers_of_siphash_2_4},
    {"each process draws its own key", each_process_draws_its_own_key},
    {"8,000 ids chosen to collide are spread", ids_chosen_to_collide_are_spread},
    {"recent_add() uses the hash of its caller", recent_add_uses_the_hash_of_its_caller},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("crypto/keyed_hash", cases)
