/* echostreamctl tail: prints the messages of channels as they arrive, until Ctrl-C. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"

#include "ctl_find.h"
#include "ctl_print.h"
#include "tail.h"

#include "core/banned.h"

#define QUIET_MS       25000
#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 10000

/* Close codes after which the same connection would be refused again. */
#define FINAL_MIN    4000
#define FINAL_MAX    4099
#define CODE_EXPIRED 4002

static void
ctl_tail_follow(struct tail *t, const char *id, const char *name)
{
	t->channels[t->n++] = (struct tail_channel){.id = id, .name = name, .after = -1};
}

/* Finds the channels that the words of the command name, by name or id. Without words,
 * finds every channel that the user sees. Direct messages have no name; tail prints their
 * id instead. */
static bool
ctl_tail_find_channels(const struct ctl *c, const char *token, struct tail *t)
{
	struct ctl_list all;

	if (!ctl_rest_list(c, token, "/api/v1/channels?kind=all", "channels", &all))
		return false;
	t->channels =
	    arena_alloc(c->arena, (all.n + (size_t)c->n_words) * sizeof(*t->channels));
	for (int w = 0; w < (c->n_words > 0 ? c->n_words : 1); w++) {
		const char *word = c->n_words > 0 ? c->words[w] : NULL;
		const size_t before = t->n;

		for (size_t i = 0; i < all.n; i++) {
			const char *id = ctl_member(c, all.items[i], "channelId");
			const char *name = ctl_member(c, all.items[i], "name");

			if (*name == '\0')
				name = id;
			if (word == NULL || strcmp(id, word) == 0 ||
			    strcasecmp(name, word + (*word == '#')) == 0)
				ctl_tail_follow(t, id, name);
		}
		if (t->n == before && word != NULL) {
			(void)ctl_fail(c, "unknown channel: %s", word);
			return false;
		}
	}
	if (t->n == 0)
		(void)ctl_fail(c, "the user sees no channel to follow");
	return t->n > 0;
}

/* Follows until the connection ends. Returns the close code of the connection, 1006 when
 * the connection was lost, 0 when no channel is left to follow. */
static int
ctl_tail_session(struct tail *t, struct ws_client *ws)
{
	struct ws_message m;
	bool asked = false; /* a ping awaits its pong */

	tail_subscribe(t, ws);
	for (;;) {
		switch (ws_client_wait(ws, QUIET_MS, &m)) {
		case WS_TEXT:
			asked = false;
			if (!tail_frame(t, m.text, m.len))
				return 0;
			break;
		case WS_QUIET:
			if (asked)
				return 1006;
			ws_client_send(ws, "{\"type\":\"ping\"}", 15);
			asked = true;
			break;
		case WS_CLOSED:
			ctl_note(t->ctl, "the server closed the connection: %d %s",
			    m.code, ctl_escape(t->ctl->arena, m.text));
			return m.code;
		}
	}
}

static int
ctl_tail_follow_all(struct ctl *c, struct tail *t, const char *token, bool fresh)
{
	const char *url = ctl_ws_url(c);
	unsigned tries = 0;
	bool once = false;

	for (;;) {
		char why[WS_WHY];
		struct ws_client *ws = ws_client_open(url, token, c->opt.timeout_ms, why);
		int code = 1006;

		if (ws == NULL && !once)
			return ctl_fail(c, "%s: %s", url, why);
		if (ws != NULL) {
			once = true;
			tries = 0;
			code = ctl_tail_session(t, ws);
			ws_client_close(&ws);
		}
		if (code == 0 || (code >= FINAL_MIN && code <= FINAL_MAX &&
				     !(code == CODE_EXPIRED && fresh)))
			return CTL_FAILED;
		if (code == CODE_EXPIRED && ctl_find_token(c, false, &token, NULL) >= 0)
			return CTL_FAILED;
		if (tries == 0)
			ctl_note(c, "reconnecting");
		clock_sleep_ms(clock_backoff_ms(tries++, BACKOFF_MIN_MS, BACKOFF_MAX_MS));
	}
}

static int
ctl_tail_follow_channels(struct ctl *c)
{
	struct tail t = {.ctl = c};
	const char *token;
	bool fresh;
	const int status = ctl_find_token(c, false, &token, &fresh);

	if (status >= 0)
		return status;
	if (!ctl_tail_find_channels(c, token, &t))
		return CTL_FAILED;
	return ctl_tail_follow_all(c, &t, token, fresh);
}

static int
ctl_tail_run(int argc, char **argv)
{
	static const struct ctl_spec spec = {
	    "tail", "tenant as token", 0, 500, "CHANNEL", ctl_tail_follow_channels};

	return ctl_run(&spec, argc, argv);
}

static const struct ctl_verb verbs[] = {
    {"", "[CHANNEL...] [--as USER --tenant T | --token T]",
	"print messages as they arrive, until Ctrl-C; CHANNEL is a name or an "
	"id, default: all channels",
	ctl_tail_run},
};

const struct ctl_noun ctl_tail = {"tail", verbs, ES_COUNT(verbs)};
