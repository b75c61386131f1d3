/* Places where a test build ends the process at once, as kill -9 in that very moment
 * would. ES_TEST_CRASH_POINT=name:n aborts at the n-th pass of `name` in a process. Only
 * with the build option crash_points; otherwise there is nothing of it in the program. */
#ifndef CONF_CRASH_POINT_H
#define CONF_CRASH_POINT_H

#ifdef ES_CRASH_POINTS
#define CRASH_POINT(name) crash_point_pass(name)

void crash_point_pass(const char *name);
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif
