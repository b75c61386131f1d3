/* Hexadecimal digits and percent-encoding. */
#ifndef CORE_HEX_H
#define CORE_HEX_H

#include <stddef.h>

/* The value of one digit, in either case; -1 for another character. */
int hex_digit(char c);

/* The octet that s begins with: two digits of the len characters; -1 for others. */
int hex_octet(const char *s, size_t len);

/* The octet that s begins with in percent-encoding, as "%41" (RFC 3986 section 2.1); -1
 * for others. */
int hex_percent(const char *s, size_t len);

#endif
