/* A hub between fake connections and a fake outside, and the words that tests of it use.
 */
#ifndef TESTS_HUB_RIG_H
#define TESTS_HUB_RIG_H

#include "fake_outside.h"

extern struct outside out;
extern struct fake_worker worker;

/* limits NULL: the usual ones. */
void hub_begin(const struct hub_limits *limits);
void hub_end(void);

struct fake_conn *hub_join(int user);
enum es_code hub_subscribe_to(
    struct fake_conn *f, const char *channel, int64_t after, const char *epoch);
/* after < 0: live only. */
void hub_subscribe(struct fake_conn *f, unsigned channel, int64_t after);
/* Commit so many messages. */
void hub_say(unsigned channel, unsigned n);

/* All that is under way arrives; time passes. */
void hub_settle(void);
void hub_pass(int64_t ms);

/* How many frames heard hold the text. */
unsigned hub_count(const struct fake_conn *f, const char *text);
/* Place of the first frame heard that holds the text; of none: behind all. */
unsigned hub_place(const struct fake_conn *f, const char *text);
bool hub_heard(const struct fake_conn *f, const char *text);

#endif
