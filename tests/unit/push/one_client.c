#include "one_client.h"

#include "core/banned.h"

struct rig rig;
struct client client;
struct got got;

void
one_client_up(void)
{
	rig_up(&rig);
	rig_client(&rig, &client, 0);
}

void
one_client_down(void)
{
	client_close(&client);
	rig_turn(&rig);
	rig_down(&rig);
}

bool
one_client_answered(const char *piece)
{
	return rig_expect(&rig, &client, piece, &got);
}
