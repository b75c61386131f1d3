/* Close codes: those of RFC 6455 section 7.4.1 that this server uses, and EchoStream's.
 * The hundreds digit tells a client when to reconnect: after 40xx only with a change,
 * e.g. another token; after 41xx with a back-off; after 42xx at the time that the server
 * has given. */
#ifndef PUSH_CLOSE_CODE_H
#define PUSH_CLOSE_CODE_H

#define CLOSE_REASON_MAX 63 /* maximum bytes of a reason */

enum {
	CLOSE_BROKEN = 1002,
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_NO_CODE = 1005, /* the peer's Close frame had no code; never sent */
	CLOSE_LOST = 1006,    /* the socket closed without a Close frame; never sent */
	CLOSE_BAD_UTF8 = 1007,
	CLOSE_TOO_BIG = 1009,
	CLOSE_INTERNAL = 1011,
	CLOSE_BAD_TOKEN = 4001,
	CLOSE_TOKEN_EXPIRED = 4002,
	CLOSE_REVOKED = 4003,
	CLOSE_SUSPENDED = 4004,
	CLOSE_PROTOCOL = 4005,
	CLOSE_TOO_MANY = 4008,
	CLOSE_ORIGIN = 4009,
	CLOSE_OVERLOADED = 4100,
	CLOSE_SLOW = 4101,
	CLOSE_PING_TIMEOUT = 4102,
	CLOSE_RATE = 4103,
	CLOSE_AUTH_TIMEOUT = 4104,
	CLOSE_DRAIN = 4200,
};

#endif
