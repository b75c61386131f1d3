/* Hexadecimal digits and percent-encoding. */
#ifndef CORE_HEX_H
#define CORE_HEX_H

#include <stddef.h>

/* Returns the value of one digit in either case, or -1 for another character. */
int hex_digit(char c);

/* Returns the octet that the first two characters of s give in hex, or -1 when they are
 * not hex or len is below 2. */
int hex_octet(const char *s, size_t len);

/* Returns the octet with whose percent-encoding s begins, such as "%41" (RFC 3986 section
 * 2.1), or -1 when s begins otherwise. */
int hex_percent(const char *s, size_t len);

#endif
