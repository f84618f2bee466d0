/* Stand-in: what a host is called. */
#include_next <unistd.h>
#ifndef SEN_STAND_IN_UUID
#define SEN_STAND_IN_UUID
typedef unsigned char uuid_t[16];
int gethostuuid(uuid_t, const struct timespec *);
#endif
