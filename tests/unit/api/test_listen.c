/* Unix sockets: mode, stale files replaced, live ones and other files left alone. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cunit_main.h"
#include "listen.h"

#include "core/banned.h"

static char path[64];

static void
made_and_replaced(void)
{
	struct es_err err;
	struct stat st;
	int one = -1, two = -1;

	(void)snprintf(path, sizeof(path), "/tmp/es-listen-%ld.sock", (long)getpid());
	CU_ASSERT_EQUAL_FATAL(listen_unix(path, &one, &err), ES_OK);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	CU_ASSERT_EQUAL(listen_unix(path, &two, &err), ES_CONFLICT);
	(void)close(one);
	CU_ASSERT_EQUAL_FATAL(listen_unix(path, &two, &err), ES_OK);
	(void)close(two);
	(void)unlink(path);
}

static void
refused(void)
{
	struct es_err err;
	char longer[200];
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/es-listen-%ld.file", (long)getpid());
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	(void)close(fd);
	CU_ASSERT_EQUAL(listen_unix(path, &fd, &err), ES_CONFLICT);
	(void)unlink(path);
	(void)snprintf(longer, sizeof(longer), "/tmp/%0150d", 1);
	CU_ASSERT_EQUAL(listen_unix(longer, &fd, &err), ES_INVALID);
	CU_ASSERT_EQUAL(listen_unix("/nowhere/at/all.sock", &fd, &err), ES_INTERNAL);
}

static CU_TestInfo cases[] = {
    {"made with mode 0660; a stale one is replaced", made_and_replaced},
    {"what can't be a socket is refused", refused},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/listen", cases)
