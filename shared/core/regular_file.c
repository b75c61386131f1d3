#include "core/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/banned.h"

/* Returns why the file must not be read, or NULL when it may be read. */
static const char *
regular_file_refusal(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return strerror(EISDIR);
	return S_ISREG(st.st_mode) ? NULL : "not a regular file";
}

FILE *
regular_file_open(const char *path, const char **why)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *f;

	*why = regular_file_refusal(fd);
	if (*why != NULL) {
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	f = fdopen(fd, "r");
	if (f == NULL) {
		*why = strerror(errno);
		(void)close(fd);
	}
	return f;
}
