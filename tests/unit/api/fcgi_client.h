/* A minimal FastCGI client for tests: builds byte streams, good and bad ones, and reads
 * the answer. */
#ifndef TESTS_FCGI_CLIENT_H
#define TESTS_FCGI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct fcgi_client {
	int fd;
	unsigned char out[300 * 1024];
	size_t len;
};

/* Connects to a unix socket. False on failure. */
bool fcgi_client_open(struct fcgi_client *c, const char *path);
void fcgi_client_close(struct fcgi_client *c);

/* Add this to the role to ask the server to keep the connection (FCGI_KEEP_CONN). */
#define FCGI_CLIENT_KEEP 0x100

/* Append bytes for the next fcgi_client_send(). */
void fcgi_client_begin(struct fcgi_client *c, unsigned role);
/* pairs: name, value, ..., NULL. Also ends the stream of parameters. */
void fcgi_client_params(struct fcgi_client *c, const char *const pairs[]);
/* Appends a part of the body; an empty part ends the body. */
void fcgi_client_stdin(struct fcgi_client *c, const char *data, size_t len);
/* Appends a record with these bytes. */
void fcgi_client_record(
    struct fcgi_client *c, unsigned type, const void *data, size_t len);

bool fcgi_client_send(struct fcgi_client *c);
/* Reads the response until the end of the request or of the connection. Returns true when
 * the server sent a complete FCGI_END_REQUEST. */
bool fcgi_client_answer(struct fcgi_client *c, char *out, size_t size);

#endif
