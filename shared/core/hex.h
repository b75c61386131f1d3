/* Hexadecimal digits and percent-encoding. */
#ifndef CORE_HEX_H
#define CORE_HEX_H

#include <stddef.h>

/* The value of one digit, in either case; -1 for another character. */
int hex_digit(char c);

/* The octet that the first two of s's len characters write in hex; -1 when there is
 * none. */
int hex_octet(const char *s, size_t len);

/* The octet that s begins with in percent-encoding, such as "%41" (RFC 3986 section 2.1);
 * -1 when there is none. */
int hex_percent(const char *s, size_t len);

#endif
