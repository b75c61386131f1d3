#include "ctl_print.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "json/json_bind.h"

#include "core/banned.h"

const char *
ctl_member(const struct ctl *c, const char *object, const char *member)
{
	struct one {
		const char *value;
		bool has_value;
	} one = {0};
	const struct json_field field = {.name = member,
	    .kind = JSON_RAW,
	    .offset = offsetof(struct one, value),
	    .nullable = true,
	    .max = 1 << 20,
	    .present = offsetof(struct one, has_value)};
	struct es_err err;
	const char *text;

	if (json_bind(object, strlen(object), &field, 1, JSON_IGNORE_UNKNOWN, c->arena,
		&one, &err) != ES_OK ||
	    !one.has_value)
		return "";
	if (one.value[0] != '"')
		return one.value;
	return json_bind_text(one.value, c->arena, &text, &err) == ES_OK ? text : "";
}

const char *
ctl_escape(struct arena *a, const char *s)
{
	struct text t;

	text_init(&t, a, 8 * strlen(s) + 64);
	for (; *s != '\0'; s++) {
		const unsigned char byte = (unsigned char)*s, next = (unsigned char)s[1];

		if (byte == '\n')
			text_addf(&t, "\\n");
		else if (byte < 0x20 || byte == 0x7f)
			text_addf(&t, "\\x%02x", byte);
		else if (byte == 0xc2 && next >= 0x80 &&
			 next <= 0x9f) /* U+0080 to U+009F */
			text_addf(&t, "\\x%02x", *(const unsigned char *)++s);
		else
			text_add(&t, s, 1);
	}
	return t.data;
}

/* Pads by code points, so that columns of names in most scripts stay aligned. */
static void
ctl_print_cell(const char *text, int width)
{
	int points = 0;

	for (const char *p = text; *p != '\0'; p++)
		points += (*p & 0xc0) != 0x80;
	(void)printf("%s%*s", text, width > points ? width - points + 2 : 2, "");
}

static void
ctl_print_row(
    const struct ctl *c, const char *object, const struct ctl_column columns[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *text =
		    object == NULL
			? columns[i].title
			: ctl_escape(c->arena, ctl_member(c, object, columns[i].member));

		if (columns[i].width == 0)
			(void)printf("%s\n", text);
		else
			ctl_print_cell(text, columns[i].width);
	}
}

int
ctl_print_list(const struct ctl *c, const struct ctl_list *list,
    const struct ctl_column columns[], size_t n)
{
	if (c->opt.json) {
		(void)putchar('[');
		for (size_t i = 0; i < list->n; i++)
			(void)printf("%s\n  %s", i > 0 ? "," : "", list->items[i]);
		(void)puts(list->n > 0 ? "\n]" : "]");
		return CTL_OK;
	}
	if (!c->opt.quiet)
		ctl_print_row(c, NULL, columns, n);
	for (size_t i = 0; i < list->n; i++)
		ctl_print_row(c, list->items[i], columns, n);
	return CTL_OK;
}
