/* Requests of libcurl on a libev loop. */
#ifndef QUEUE_QUEUE_ASYNC_CURL_H
#define QUEUE_QUEUE_ASYNC_CURL_H

#include <curl/curl.h>

struct ev_loop;
struct queue_curl;

/* A request is over; it may be started again from here, but c not freed. */
typedef void queue_curl_landed(void *ctx, CURL *easy, CURLcode how);

struct queue_curl *queue_curl_new(
    struct ev_loop *loop, queue_curl_landed *landed, void *ctx);
void queue_curl_free(struct queue_curl **c);
/* Start it; landed is called once, never from inside. */
void queue_curl_start(struct queue_curl *c, CURL *easy);
/* Give it up: landed is not called. */
void queue_curl_stop(struct queue_curl *c, CURL *easy);

#endif
