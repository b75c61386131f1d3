#include "guard/public_address.h"

#include "core/attr.h"
#include "core/check.h"
#include "core/cidr_list.h"

#include "core/banned.h"

/* From IANA's registries of special-purpose addresses. Of IPv6 only 2000::/3 is
 * allocated. */
static const char not_public[] =
    "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,"
    "192.0.0.0/24,192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,198.18.0.0/15,"
    "198.51.100.0/24,203.0.113.0/24,224.0.0.0/4,240.0.0.0/4,"
    "2001::/23,2001:db8::/32,2002::/16,3fff::/20";

bool
public_address(const struct net_address *a)
{
	struct cidr_list list;
	struct es_err err;

	CHECK(cidr_list_parse(not_public, &list, &err) == ES_OK);
	if (!net_address_is_v4(a) && (a->bytes[0] & 0xe0) != 0x20)
		return false;
	return !cidr_list_has(&list, a);
}
