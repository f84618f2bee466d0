/* Stand-in: the one question that SQLite asks of the system. */
#pragma once
#include <stddef.h>
int sysctlbyname(const char *, void *, size_t *, void *, size_t);
