#include "core/nearest.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

unsigned
nearest_distance(const char *a, const char *b)
{
	const size_t na = strnlen(a, NEAREST_NAME_MAX + 1);
	const size_t nb = strnlen(b, NEAREST_NAME_MAX + 1);
	unsigned row[NEAREST_NAME_MAX + 1] = {0};

	if (na > NEAREST_NAME_MAX || nb > NEAREST_NAME_MAX)
		return NEAREST_NAME_MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			const unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			const unsigned left = row[j - 1] + 1, up = row[j] + 1;

			diagonal = row[j];
			row[j] = change < left ? change : left;
			if (up < row[j])
				row[j] = up;
		}
	}
	return row[nb];
}

static void
nearest_lower(const char *s, size_t len, char out[NEAREST_NAME_MAX + 1])
{
	for (size_t i = 0; i < len; i++)
		out[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
	out[len] = '\0';
}

bool
nearest_word(const char *name, const char *known, char out[NEAREST_NAME_MAX + 1])
{
	const size_t len = strnlen(name, NEAREST_NAME_MAX + 1);
	char ours[NEAREST_NAME_MAX + 1] = {0}, theirs[NEAREST_NAME_MAX + 1] = {0};
	unsigned best = NEAREST_NAME_MAX;

	out[0] = '\0';
	if (len > NEAREST_NAME_MAX)
		return false;
	nearest_lower(name, len, ours);
	for (const char *w = known; *w != '\0'; w += strspn(w, " ")) {
		const size_t n = strcspn(w, " ");
		const size_t longer = n > len ? n : len;
		unsigned d = NEAREST_NAME_MAX;

		if (n > 0 && n <= NEAREST_NAME_MAX) {
			nearest_lower(w, n, theirs);
			d = nearest_distance(ours, theirs);
		}
		if (d < best && d <= longer / 2) {
			best = d;
			(void)snprintf(out, NEAREST_NAME_MAX + 1, "%.*s", (int)n, w);
		}
		w += n;
	}
	return out[0] != '\0';
}
