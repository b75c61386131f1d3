#include "core/list.h"

#include <stddef.h>

#include "core/banned.h"

struct list *
list_first(const struct list *head)
{
	return list_empty(head) ? NULL : head->next;
}

struct list *
list_pop(struct list *head)
{
	struct list *first = list_first(head);

	if (first != NULL)
		list_del(first);
	return first;
}
