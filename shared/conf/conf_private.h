/* Limits that the files of this folder share. */
#ifndef CONF_CONF_PRIVATE_H
#define CONF_CONF_PRIVATE_H

#include "conf/conf.h"

#define CONF_SECRET_FILE_MAX 16384
#define CONF_NAME_MAX        64

#endif
