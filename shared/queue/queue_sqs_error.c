/* Maps errors of SQS to our codes and texts. SQS's own texts are left out, because they
 * may quote the request. */
#include <string.h>

#include "queue/queue_sqs_call.h"

#include "core/banned.h"

struct meaning {
	const char *name; /* prefix of the error's name */
	enum es_code code;
	enum sqs_again again;
	const char *text;
};

#define KEYS(name_, text_) \
	{ \
		name_, ES_UNAVAILABLE, SQS_WITH_NEW_KEYS, text_ \
	}
#define SLOW(name_) \
	{ \
		name_, ES_UNAVAILABLE, SQS_AFTER_PAUSE, "SQS is throttling" \
	}
#define GONE \
	"SQS: a queue does not exist (see ES_SQS_QUEUE_URLS, ES_SQS_REGION), or the " \
	"credentials may not see it"
#define UNKNOWN_KEYS  "SQS: AWS does not know the access key"
#define BAD_SIGNATURE "SQS: the signature is refused: wrong secret key, or a wrong clock"
#define EXPIRED       "SQS: the session token has expired"

static const struct meaning meanings[] = {
    {"QueueDoesNotExist", ES_UNAVAILABLE, SQS_NOT_AGAIN, GONE},
    {"AWS.SimpleQueueService.NonExistentQueue", ES_UNAVAILABLE, SQS_NOT_AGAIN, GONE},
    {"AccessDenied", ES_UNAVAILABLE, SQS_NOT_AGAIN,
	"SQS: access denied: the credentials lack a permission"},
    KEYS("ExpiredToken", EXPIRED),
    KEYS("RequestExpired", BAD_SIGNATURE),
    KEYS("InvalidClientTokenId", UNKNOWN_KEYS),
    KEYS("UnrecognizedClient", UNKNOWN_KEYS),
    KEYS("InvalidAccessKeyId", UNKNOWN_KEYS),
    KEYS("MissingAuthenticationToken", UNKNOWN_KEYS),
    KEYS("IncompleteSignature", BAD_SIGNATURE),
    KEYS("SignatureDoesNotMatch", BAD_SIGNATURE),
    KEYS("InvalidSignature", BAD_SIGNATURE),
    SLOW("RequestThrottled"),
    SLOW("Throttl"),
    SLOW("TooManyRequests"),
    SLOW("RequestLimitExceeded"),
    SLOW("KmsThrottled"),
    SLOW("KMS.Throttling"),
    {"OverLimit", ES_UNAVAILABLE, SQS_AFTER_PAUSE,
	"SQS: too many messages of the queue are in flight"},
    {"InvalidMessageContents", ES_INVALID, SQS_NOT_AGAIN,
	"SQS accepts only UTF-8 without control characters in a message"},
    {"BatchRequestTooLong", ES_TOO_LARGE, SQS_NOT_AGAIN, "message too large for SQS"},
};

enum sqs_again
sqs_error(const char *name, long status, struct es_err *err)
{
	for (size_t i = 0; i < ES_COUNT(meanings); i++) {
		const struct meaning *m = &meanings[i];

		if (strncmp(name, m->name, strlen(m->name)) != 0)
			continue;
		(void)es_fail(err, m->code, "%s", m->text);
		if (m->again == SQS_AFTER_PAUSE)
			err->retry_after_ms = SQS_BACKOFF_MAX_MS;
		return m->again;
	}
	if (*name != '\0')
		(void)es_fail(err, ES_UNAVAILABLE, "SQS refuses: %.80s", name);
	else
		(void)es_fail(err, ES_UNAVAILABLE, "SQS: HTTP %ld", status);
	if (status == 429 || status >= 500) {
		err->retry_after_ms = SQS_BACKOFF_MAX_MS;
		return SQS_AFTER_PAUSE;
	}
	return SQS_NOT_AGAIN;
}
