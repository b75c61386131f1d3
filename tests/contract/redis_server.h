/* A private Redis for tests that stop, freeze or misconfigure it: a folder in /tmp, a
 * unix socket, every write synced. */
#ifndef TESTS_CONTRACT_REDIS_SERVER_H
#define TESTS_CONTRACT_REDIS_SERVER_H

struct redis_server;

/* Returns when Redis answers. Exits 77 without redis-server. */
struct redis_server *redis_server_start(void);
const char *redis_server_url(const struct redis_server *s);

/* SIGKILL, and wait for its end. */
void redis_server_kill(struct redis_server *s);
/* Starts Redis again after a kill, on the same data. */
void redis_server_again(struct redis_server *s);
/* SIGSTOP: connections stay, and Redis does not answer; and SIGCONT. */
void redis_server_freeze(struct redis_server *s);
void redis_server_thaw(struct redis_server *s);
/* Kills Redis and removes the folder. */
void redis_server_end(struct redis_server **s);

/* ES_TEST_REDIS_URL with a separate database; exits 77 with the reason when unset. */
const char *redis_test_url(void);

#endif
