/* Fixture: a hub with fake connections, and a fake database and Redis
 * (fake_outside.h). */
#ifndef TESTS_HUB_RIG_H
#define TESTS_HUB_RIG_H

#include "fake_outside.h"

extern struct outside out;
extern struct fake_worker worker;

/* Starts the hub. If limits is NULL, the hub uses hub_limits_default. */
void hub_begin(const struct hub_limits *limits);
void hub_end(void);

struct fake_conn *hub_join(int user);
enum es_code hub_subscribe_to(
    struct fake_conn *f, const char *channel, int64_t after, const char *epoch);
/* Sends a subscribe. If after < 0, the request has no `after`. */
void hub_subscribe(struct fake_conn *f, unsigned channel, int64_t after);
/* Commits n messages to the channel. */
void hub_publish(unsigned channel, unsigned n);

/* hub_deliver_all() delivers everything that is under way. hub_advance() moves the clock,
 * with a tick and hub_deliver_all() every 250 ms. */
void hub_deliver_all(void);
void hub_advance(int64_t ms);

/* The number of received frames that contain the text. */
unsigned hub_count(const struct fake_conn *f, const char *text);
/* Index of the first received frame that contains the text, or the number of all
 * frames. */
unsigned hub_position(const struct fake_conn *f, const char *text);
bool hub_received(const struct fake_conn *f, const char *text);

#endif
