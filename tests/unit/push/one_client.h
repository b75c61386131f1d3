/* The fixture of tests that need one connected client and nothing more. */
#ifndef PUSH_TEST_ONE_CLIENT_H
#define PUSH_TEST_ONE_CLIENT_H

#include "rig.h"

extern struct rig rig;
extern struct client client;
extern struct got got; /* the frame that one_client_answered() saw last */

/* Starts the rig and connects the client, which has received hello. */
void one_client_up(void);
void one_client_down(void);
/* Returns true when the client receives a frame that contains piece. */
bool one_client_answered(const char *piece);

#endif
