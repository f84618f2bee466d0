/* Stand-in: what SQLite asks of a file's file system. */
#pragma once
#include <stdint.h>
#define MNT_RDONLY 1
#define MNT_LOCAL 0x1000
struct statfs {
    uint32_t f_flags;
    char f_fstypename[16];
    char f_mntonname[1024];
};
int statfs(const char *, struct statfs *);
int fstatfs(int, struct statfs *);
int fsctl(const char *, unsigned long, void *, unsigned);
