/* Points at which a test build kills the process immediately, as kill -9 would.
 * ES_TEST_CRASH_POINT=name:n aborts a process at its n-th pass of `name`. The build
 * option crash_points compiles them in; without it CRASH_POINT() is empty. */
#ifndef CONF_CRASH_POINT_H
#define CONF_CRASH_POINT_H

#ifdef ES_CRASH_POINTS
#define CRASH_POINT(name) crash_point_pass(name)

void crash_point_pass(const char *name);
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif
