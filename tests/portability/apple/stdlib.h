/* Stand-in: a seed of the system's own. */
#include_next <stdlib.h>
void srandomdev(void);
