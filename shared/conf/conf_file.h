/* The settings file: lines NAME=VALUE, as in an EnvironmentFile of systemd, but without
 * escapes. It can change while a program runs; the environment of a process cannot. */
#ifndef CONF_CONF_FILE_H
#define CONF_CONF_FILE_H

#include "conf/conf_item.h"

#define CONF_FILE_NAME "ES_SETTINGS_FILE"

/* ES_INVALID: the path is not absolute. A reload must not depend on the working folder of
 * the start. */
enum es_code conf_file_check_path(
    const char *path, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Reads the file that ES_SETTINGS_FILE names into l->file, and reports its faults. */
void conf_file_read(struct conf_load *l, const struct conf_table tables[], size_t n);

#endif
