/* The front desk: reads a socket's request head without waiting, answers refusals in HTTP
 * and hands good handshakes to ws.h with what was read. */
#ifndef PUSH_FRONT_DESK_H
#define PUSH_FRONT_DESK_H

#include <stdbool.h>

struct worker;
struct front_desk;

struct front_desk *front_desk_new(struct worker *w);
void front_desk_free(struct front_desk **d); /* cuts who is still there */

/* fd is the desk's from here on. peer is the numeric address; X-Forwarded-For is believed
 * on unix sockets only, where the peer is our own front. */
void front_desk_take(struct worker *w, int fd, bool is_unix, const char *peer);

#endif
