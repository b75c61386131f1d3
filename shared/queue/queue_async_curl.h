/* libcurl's transfers on a libev loop. */
#ifndef QUEUE_QUEUE_ASYNC_CURL_H
#define QUEUE_QUEUE_ASYNC_CURL_H

#include <curl/curl.h>

struct ev_loop;
struct queue_curl;

/* A transfer has finished. The callback may start it again, but must not free c. */
typedef void queue_curl_done(void *ctx, CURL *easy, CURLcode how);

struct queue_curl *queue_curl_new(struct ev_loop *loop, queue_curl_done *done, void *ctx);
void queue_curl_free(struct queue_curl **c);
/* Starts a transfer. The callback is called once, never from inside this call. */
void queue_curl_start(struct queue_curl *c, CURL *easy);
/* Cancels a transfer: the callback is not called. */
void queue_curl_stop(struct queue_curl *c, CURL *easy);

#endif
