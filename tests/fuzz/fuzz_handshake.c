/* Any bytes as a request head, once in one piece and once byte by byte. Both give the
 * same verdict, and the answer to a valid head contains no bytes of the client. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "door/http_answer.h"
#include "door/request_head.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
good_handshake(const struct request_head *head)
{
	char out[REQUEST_HEAD_ANSWER_MAX];
	const size_t len = request_head_accept(head, out);

	CHECK(len < sizeof(out));
	CHECK(strlen(head->key) == 24);
	CHECK(memcmp(out + len - 4, "\r\n\r\n", 4) == 0);
	CHECK(memmem(out, len - 4, "\r\n\r\n", 4) == NULL);
	if (head->origin != NULL)
		(void)request_head_same_origin(head);
}

static void
good_answer(const struct request_head *head)
{
	const struct http_answer answer = {.status = head->status, .why = head->why};
	char out[HTTP_ANSWER_MAX];

	CHECK(http_answer_text(&answer, out) <= sizeof(out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request_head whole, part = {0};
	enum request_verdict verdict, slow = REQUEST_MORE;
	char *copy;

	if (size > REQUEST_HEAD_MAX)
		return 0;
	copy = malloc(
	    size +
	    1); /* a block of exactly this size: the sanitizer finds a read beyond it */
	memcpy(copy, data, size);
	verdict = request_head_parse(copy, size, &whole);
	CHECK(whole.len <= size);
	if (verdict == REQUEST_UPGRADE)
		good_handshake(&whole);
	else if (verdict == REQUEST_REFUSED)
		good_answer(&whole);
	memcpy(copy, data, size);
	for (size_t n = 1; n <= size && slow == REQUEST_MORE; n++)
		slow = request_head_parse(copy, n, &part);
	CHECK(slow == verdict && part.status == whole.status);
	free(copy);
	return 0;
}
