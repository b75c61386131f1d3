/* Intrusive doubly linked circular lists: membership costs no allocation, leaving one
 * needs only the link, and two lists are joined in one step. */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>

#include "core/attr.h"

/* A list head or a link in one. A link that is on no list points to itself. */
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

/* Also for a link that is on no list. */
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

/* The first link, left where it is, or taken off; NULL when the list is empty. Not
 * inline: where what is on the list is freed, analyzers lose track of what is left. */
struct list *list_first(const struct list *head);
struct list *list_pop(struct list *head);

/* All of from goes behind all of to; from is empty afterwards. */
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
