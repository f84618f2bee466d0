/* Stand-in: the zones of memory, as far as SQLite uses them. */
#pragma once
#include <stddef.h>
typedef struct _malloc_zone_t {
    size_t (*size)(struct _malloc_zone_t *, const void *);
} malloc_zone_t;
malloc_zone_t *malloc_default_zone(void);
malloc_zone_t *malloc_create_zone(unsigned long, unsigned);
void malloc_set_zone_name(malloc_zone_t *, const char *);
void *malloc_zone_malloc(malloc_zone_t *, size_t);
void *malloc_zone_realloc(malloc_zone_t *, void *, size_t);
void malloc_zone_free(malloc_zone_t *, void *);
size_t malloc_size(const void *);
