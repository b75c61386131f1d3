/* A private Redis for tests that stop, freeze or misconfigure it. It listens on a unix
 * socket in a folder of /tmp, and syncs every write. */
#ifndef TESTS_CONTRACT_REDIS_SERVER_H
#define TESTS_CONTRACT_REDIS_SERVER_H

struct redis_server;

/* Starts Redis and returns when Redis answers. When redis-server is not installed, prints
 * that and exits with 77 (skipped). */
struct redis_server *redis_server_start(void);
const char *redis_server_url(const struct redis_server *s);

/* Sends SIGKILL to Redis and waits until the process has exited. */
void redis_server_kill(struct redis_server *s);
/* Starts Redis again after a kill, on the same data. */
void redis_server_again(struct redis_server *s);
/* Sends SIGSTOP: the connections stay, but Redis does not answer. redis_server_thaw()
 * sends SIGCONT. */
void redis_server_freeze(struct redis_server *s);
void redis_server_thaw(struct redis_server *s);
/* Kills Redis and removes the folder. */
void redis_server_end(struct redis_server **s);

/* Returns ES_TEST_REDIS_URL with database 15. When the variable is not set, prints that
 * and exits with 77 (skipped). */
const char *redis_test_url(void);

#endif
