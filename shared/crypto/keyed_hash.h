/* Hashes for tables whose keys come from outside. Only this file uses libsodium.
 *
 * A client chooses many ids itself. If it could compute their hashes, it could choose ids
 * that all fall into one bucket, and each look-up would walk all of them. SipHash-2-4
 * under a secret key prevents this (Aumasson, Bernstein: SipHash, section 7).
 *
 * The key differs in every process, so a hash is valid only for tables in memory. Values
 * that are stored, or that several processes compute, use hash_bytes() of core/hash.h. */
#ifndef CRYPTO_KEYED_HASH_H
#define CRYPTO_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

#define KEYED_HASH_KEY 16

/* Draws the key of this process from getrandom(2). Each worker calls it once, after the
 * fork and before it makes a table. A second call in the same process keeps the key. A
 * process that was forked after a call draws its own key. */
void keyed_hash_draw(void);

/* SipHash-2-4 under the key of this process. Call keyed_hash_draw() first. */
uint64_t keyed_hash(const void *data, size_t len);

/* SipHash-2-4 under the given key, which tests compare with published values. */
uint64_t keyed_hash_under(
    const unsigned char key[KEYED_HASH_KEY], const void *data, size_t len);

#endif
