#include "core/process_stat.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

#include "core/banned.h"

static int64_t
process_stat_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int64_t n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n - 3; /* do not count ".", ".." and the descriptor of dir */
}

/* Returns the value of the field `wanted` of a line of /proc/self/stat. Fields count from
 * 1, as in proc(5). */
static long long
process_stat_field(const char *line, int wanted)
{
	/* The second field may contain blanks and brackets, so start at its last ')'. */
	const char *at = strrchr(line, ')');

	for (int field = 2; at != NULL && field < wanted; field++)
		at = strchr(at + 1, ' ');
	return at == NULL ? 0 : strtoll(at, NULL, 10);
}

void
process_stat_read(struct process_stat *out)
{
	const double ticks = (double)sysconf(_SC_CLK_TCK);
	struct rlimit limit;
	struct timespec boot;
	char line[1024] = "";
	FILE *f = fopen("/proc/self/stat", "re");

	*out = (struct process_stat){.open_fds = process_stat_count_fds()};
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		out->max_fds = (int64_t)limit.rlim_cur;
	if (f == NULL)
		return;
	if (fgets(line, sizeof(line), f) != NULL &&
	    clock_gettime(CLOCK_BOOTTIME, &boot) == 0) {
		const double up_s = (double)boot.tv_sec + (double)boot.tv_nsec / 1e9;

		out->cpu_s = (double)(process_stat_field(line, 14) +
				      process_stat_field(line, 15)) /
		             ticks;
		out->resident_bytes =
		    process_stat_field(line, 24) * sysconf(_SC_PAGESIZE);
		out->start_s = (double)clock_wall_ms() / 1e3 - up_s +
		               (double)process_stat_field(line, 22) / ticks;
	}
	(void)fclose(f);
}
