/* Stand-in: Apple's name for the time of the last change. */
#include_next <sys/stat.h>
#define st_mtimespec st_mtim
