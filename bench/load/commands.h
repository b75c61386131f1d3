/* The commands of the generator. Each prints one line of JSON. */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

#include "measure/histogram.h"

struct load;

/* How long a command waits for answers and deliveries after its last request. */
#define COMMAND_GRACE_US 10000000

/* connect.c */
void connect_command(struct load *l, const char *words);
void connect_cut(struct load *l);
/* send.c */
void send_command(struct load *l, const char *words);
/* rest.c */
void rest_command(struct load *l, const char *words);

/* report.c: prints "name":{...} with the percentiles in microseconds */
void report_times(const char *name, const struct histogram *h);
void report_results(const struct load *l);

#endif
