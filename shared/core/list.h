/* Intrusive, circular, doubly linked lists. Adding allocates nothing, removing needs only
 * the link, and joining two lists takes constant time. */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>

#include "core/attr.h"

/* The head of a list, or a link in a list. A link on no list points to itself. */
struct list {
	struct list *next, *prev;
};

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void
list_add_tail(struct list *head, struct list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

/* Does nothing for a link that is on no list. */
static inline void
list_del(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

static inline void
list_move_tail(struct list *head, struct list *link)
{
	list_del(link);
	list_add_tail(head, link);
}

/* list_first() returns the first link and leaves it; list_pop() also removes it. Both
 * return NULL when the list is empty. Not inline: when a loop frees the items of a list,
 * static analyzers would otherwise report uses of freed items. */
struct list *list_first(const struct list *head);
struct list *list_pop(struct list *head);

/* Moves all links of `from` to the end of `to`. */
static inline void
list_splice_tail(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define LIST_ITEM(link, type, member) ES_CONTAINER(link, type, member)

#endif
