// Loads a library and calls it: the microseconds until the first answer, and those with every checksum that the generated code
// compares before it. `load LIBRARY NAMESPACE`, the names of the checksums on standard input, as the generated code has them at hand.
#include "../../portability/library.h"
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    static char names[1024][128];
    size_t count = 0;
    if (argc != 3) return 2;
    name_space = argv[2];
    while (count < 1024 && scanf("%127s", names[count]) == 1) count += 1;

    double start = now();
    library = dlopen(argv[1], RTLD_NOW);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
    int pin = is_pin("123456");
    double called = now();
    uint32_t (*contract)(void) = found_of("ffi_%s_uniffi_contract_version");
    unsigned sum = contract ? contract() : 0;
    for (size_t at = 0; at < count; at += 1) {
        uint16_t (*checksum)(void) = found(names[at]);
        if (!checksum) return 1;
        sum += checksum();
    }
    double compared = now();
    if (pin != 1 || sum == 0) return 1;
    printf("%.3f %.3f\n", called - start, compared - start);
    return 0;
}
