/* A REST connection that is kept alive, with one request at a time. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include "load.h"

#define HTTP_HEAD_MAX 8192

struct http {
	struct watched socket; /* must be the first member */
	unsigned index;
	bool connected;
	bool busy;  /* a request is under way */
	int status; /* of the last answer; 0: the server closed the connection instead */
	int64_t began_us; /* the caller's: scheduled time of the request */
	unsigned channel; /* the caller's: index of the channel */
	void (*done)(struct load *l, struct http *h); /* the answer is complete */
	char *unsent; /* the request until the socket is connected */
	char head[HTTP_HEAD_MAX];
	size_t n_head;
	bool in_body, chunked;
	bool last; /* the server closes the connection after this answer */
	size_t body_left;
	char tail[5]; /* last bytes of a chunked body */
};

/* Connects n connections that call done, and waits until they are open. */
struct http *http_open(
    struct load *l, unsigned n, void (*done)(struct load *l, struct http *h));
void http_close(struct load *l, struct http **connections, unsigned n);
/* Sends the request; the connection must not be busy. Copies what it needs. */
void http_ask(struct load *l, struct http *h, const char *request, size_t len);
/* Writes a request to out. body NULL: none; prefer "": no header Prefer. Returns its
 * length. */
size_t http_request(char *out, size_t size, const char *method, const char *path,
    const char *token, const char *prefer, const char *body);

#endif
