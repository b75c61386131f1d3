#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/metrics.h"
#include "cunit_main.h"

static const double edges[] = {0.1, 0.2};

enum { HITS, ERRORS, OPEN, TIME, OLDEST };

static const struct metric table[] = {
    [HITS] = {METRIC_COUNTER, "t_hits_total", "code=\"ok\"", "Hits.", NULL, 0},
    [ERRORS] = {METRIC_COUNTER, "t_hits_total", "code=\"bad\"", "Hits.", NULL, 0},
    [OPEN] = {METRIC_GAUGE, "t_open", NULL, "Open things.", NULL, 0},
    [TIME] = {METRIC_HISTOGRAM, "t_time_seconds", NULL, "Time.", edges, 2},
    [OLDEST] = {METRIC_GAUGE_MAX, "t_oldest_seconds", NULL, "Oldest.", NULL, 0},
};

static struct metrics *
make(const char *path)
{
	struct metrics *m = NULL;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(metrics_open(path, table, 5, 3, &m, &err), ES_OK);
	return m;
}

static void
sums_the_counts_of_the_children(void)
{
	struct metrics *m = make(NULL);

	for (unsigned slot = 0; slot < 3; slot++) {
		const pid_t pid = fork();

		if (pid == 0) {
			metrics_use_slot(m, slot);
			metrics_add(m, HITS, slot + 1);
			metrics_gauge_add(m, OPEN, 10);
			metrics_gauge_add(m, OPEN, -3);
			metrics_beat(m);
			_exit(0);
		}
		CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
	}
	CU_ASSERT_EQUAL(metrics_sum(m, HITS), 6);
	CU_ASSERT_EQUAL(metrics_sum(m, OPEN), 21);
	CU_ASSERT_TRUE(metrics_beat_age_ms(m, 2) >= 0);
	metrics_clear_gauges(m, 1);
	CU_ASSERT_EQUAL(metrics_sum(m, OPEN), 14);
	CU_ASSERT_EQUAL(metrics_sum(m, HITS), 6);
	metrics_close(&m);
}

static void
the_largest_slot_counts_for_a_maximum(void)
{
	struct metrics *m = make(NULL);
	struct arena *a = arena_new();
	struct text out;

	text_init(&out, a, 65536);
	for (unsigned slot = 0; slot < 3; slot++) {
		metrics_use_slot(m, slot);
		metrics_gauge_set(m, OLDEST, slot == 1 ? 50 : 7);
	}
	CU_ASSERT_EQUAL(metrics_sum(m, OLDEST), 50);
	metrics_render(m, &out);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "# TYPE t_oldest_seconds gauge\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "\nt_oldest_seconds 50\n"));
	metrics_clear_gauges(m, 1);
	CU_ASSERT_EQUAL(metrics_sum(m, OLDEST), 7);
	arena_free(&a);
	metrics_close(&m);
}

static void
a_worker_without_a_heartbeat_has_the_age_1(void)
{
	struct metrics *m = make(NULL);

	CU_ASSERT_EQUAL(metrics_beat_age_ms(m, 0), -1);
	metrics_close(&m);
}

static void
renders_the_text_format(void)
{
	struct metrics *m = make(NULL);
	struct arena *a = arena_new();
	struct text out;

	metrics_use_slot(m, 0);
	metrics_add(m, ERRORS, 2);
	metrics_observe(m, TIME, 0.1);
	metrics_observe(m, TIME, 0.15);
	metrics_observe(m, TIME, 5);
	text_init(&out, a, 65536);
	metrics_render(m, &out);
	CU_ASSERT_FALSE(out.overflow);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.data,
	    "# HELP t_hits_total Hits.\n# TYPE t_hits_total counter\n"
	    "t_hits_total{code=\"ok\"} 0\nt_hits_total{code=\"bad\"} 2\n"
	    "# HELP t_open Open things.\n# TYPE t_open gauge\nt_open 0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.data,
	    "t_time_seconds_bucket{le=\"0.1\"} 1\nt_time_seconds_bucket{le=\"0.2\"} 2\n"
	    "t_time_seconds_bucket{le=\"+Inf\"} 3\nt_time_seconds_sum 5.250000\n"
	    "t_time_seconds_count 3\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "process_open_fds "));
	arena_free(&a);
	metrics_close(&m);
}

/* A new master starts while the old one drains. Both masters use the same file. */
static void
two_masters_share_no_cells(void)
{
	char path[] = "/tmp/es-metrics-XXXXXX";
	const int fd = mkstemp(path);
	struct metrics *old, *new;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
	old = make(path);
	metrics_add(old, HITS, 5);
	metrics_gauge_set(old, OPEN, 7);
	metrics_beat(old);
	new = make(path);
	CU_ASSERT_EQUAL(metrics_sum(new, HITS), 5);
	CU_ASSERT_EQUAL(metrics_sum(new, OPEN), 0);
	CU_ASSERT_EQUAL(metrics_beat_age_ms(new, 0), -1);
	CU_ASSERT_TRUE(metrics_beat_age_ms(old, 0) >= 0);
	metrics_gauge_set(new, OPEN, 1);
	metrics_clear_gauges(old, 0); /* a worker of the old master exits */
	CU_ASSERT_EQUAL(metrics_sum(new, OPEN), 1);
	metrics_add(new, HITS, 1);
	metrics_close(&old);
	metrics_close(&new);
	new = make(path);
	CU_ASSERT_EQUAL(metrics_sum(new, HITS), 6);
	metrics_close(&new);
	(void)unlink(path);
}

static void
a_file_keeps_its_counts_unless_the_layout_differs(void)
{
	char path[] = "/tmp/es-metrics-XXXXXX";
	const int fd = mkstemp(path);
	struct metrics *m;
	struct es_err err;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
	m = make(path);
	metrics_add(m, HITS, 5);
	metrics_close(&m);
	m = make(path);
	CU_ASSERT_EQUAL(metrics_sum(m, HITS), 5);
	metrics_close(&m);
	CU_ASSERT_EQUAL_FATAL(metrics_open(path, table, 3, 3, &m, &err), ES_OK);
	CU_ASSERT_EQUAL(metrics_sum(m, HITS), 0);
	metrics_close(&m);
	(void)unlink(path);
}

/* If the new master shortened the file, an old program would get SIGBUS during its
 * drain. */
static void
a_new_layout_leaves_the_old_program_its_file(void)
{
	char path[] = "/tmp/es-metrics-XXXXXX";
	const int fd = mkstemp(path);
	struct metrics *old, *new;
	struct es_err err;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
	CU_ASSERT_EQUAL_FATAL(metrics_open(path, table, 4, 4096, &old, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(metrics_open(path, table, 4, 1, &new, &err), ES_OK);
	metrics_use_slot(old, 4095);
	metrics_add(old, HITS, 3);
	CU_ASSERT_EQUAL(metrics_sum(old, HITS), 3);
	CU_ASSERT_EQUAL(metrics_sum(new, HITS), 0);
	metrics_close(&old);
	metrics_close(&new);
	(void)unlink(path);
}

/* The heartbeat of an old worker must not make a new worker look hung. */
static void
a_file_of_an_earlier_run_keeps_no_heartbeats(void)
{
	char path[] = "/tmp/es-metrics-XXXXXX";
	const int fd = mkstemp(path);
	struct metrics *m;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
	m = make(path);
	metrics_use_slot(m, 1);
	metrics_beat(m);
	CU_ASSERT_TRUE(metrics_beat_age_ms(m, 1) >= 0);
	metrics_use_slot(m, 1);
	CU_ASSERT_EQUAL(metrics_beat_age_ms(m, 1), -1);
	metrics_beat(m);
	metrics_close(&m);
	m = make(path);
	CU_ASSERT_EQUAL(metrics_beat_age_ms(m, 1), -1);
	metrics_close(&m);
	(void)unlink(path);
}

static void
a_path_that_is_not_a_file_is_refused_and_not_changed(void)
{
	static const char *const bad[] = {"/dev/null", "/tmp", "/nowhere/metrics"};
	struct metrics *m = NULL;
	struct es_err err;

	for (unsigned i = 0; i < ES_COUNT(bad); i++) {
		CU_ASSERT_EQUAL(metrics_open(bad[i], table, 4, 3, &m, &err), ES_INVALID);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, bad[i]));
	}
	CU_ASSERT_EQUAL(access("/dev/null", W_OK), 0);
}

static CU_TestInfo cases[] = {
    {"sums the counts of the children", sums_the_counts_of_the_children},
    {"a worker without a heartbeat has the age -1",
	a_worker_without_a_heartbeat_has_the_age_1},
    {"renders the text format", renders_the_text_format},
    {"two masters share no cells", two_masters_share_no_cells},
    {"a file keeps its counts unless the layout differs",
	a_file_keeps_its_counts_unless_the_layout_differs},
    {"a new layout leaves the old program its file",
	a_new_layout_leaves_the_old_program_its_file},
    {"a file of an earlier run keeps no heartbeats",
	a_file_of_an_earlier_run_keeps_no_heartbeats},
    {"a path that is not a file is refused and not changed",
	a_path_that_is_not_a_file_is_refused_and_not_changed},
    {"a maximum is the largest value of all slots",
	the_largest_slot_counts_for_a_maximum},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("metrics", cases)
