/* Opens files whose path an operator has set. */
#ifndef CORE_REGULAR_FILE_H
#define CORE_REGULAR_FILE_H

#include <stdio.h>

/* Opens the file at path for reading, close-on-exec. Never waits: a named pipe without a
 * writer, which would block open(), is refused like a device, a socket or a folder.
 * Returns NULL on failure, with the reason in *why, which is valid until the next
 * call. */
FILE *regular_file_open(const char *path, const char **why);

#endif
