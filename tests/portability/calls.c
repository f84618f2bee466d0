// Calls a library as the shells do: each checksum that the generated code compares when it loads, named on standard input,
// and one function with a buffer in and an answer out. Prints a line each, to be compared with another machine's.
#include "library.h"

int main(int argc, char **argv) {
    char name[512];
    if (argc != 2 || !(library = dlopen(argv[1], RTLD_NOW))) {
        fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "which library?");
        return 2;
    }
    uint32_t (*contract)(void) = found_of("ffi_%s_uniffi_contract_version");
    if (!contract) return 1;
    printf("contract %u\n", (unsigned)contract());
    while (scanf("%511s", name) == 1) {
        uint16_t (*checksum)(void) = found(name);
        if (!checksum) return 1;
        printf("%s %u\n", name, (unsigned)checksum());
    }
    printf("123456 %d, 12345 %d, 12345a %d\n", is_pin("123456"), is_pin("12345"), is_pin("12345a"));
    return 0;
}
