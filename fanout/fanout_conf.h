/* The settings of echostream-fanout. The table in fanout_conf.c describes each. */
#ifndef FANOUT_FANOUT_CONF_H
#define FANOUT_FANOUT_CONF_H

#include "conf/conf_common.h"
#include "queue/queue.h"

struct fanout_conf {
	struct conf_common common; /* first, as CONF_COMMON_TABLE expects */
	const char *ops_listen, *ops_from, *metrics_file;
	int64_t workers;
	int64_t batch_max;   /* messages in one transaction */
	int64_t batch_bytes; /* bytes of entries in one transaction */
	int64_t lease_ms;    /* length of the lease of a partition */
	int64_t drain_ms;
	int64_t purge_every_s;
	int64_t dead_keep_s, dead_max; /* age and number of dead letters */
};

extern const struct conf_table fanout_conf_tables[];
extern const size_t n_fanout_conf_tables;

/* The settings that queue_open() needs. The strings belong to conf. */
struct queue_settings fanout_queue_settings(const struct fanout_conf *conf);

#endif
