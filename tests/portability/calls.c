// Calls a library as the shells do, from C: each checksum that the generated code compares when it loads, named on standard input,
// and one function with a buffer in and an answer out. Prints a line each, to be compared with another machine's.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// As uniffi's generated header has them; the pointer and what comes after it lie elsewhere on 32 bits.
typedef struct {
    uint64_t capacity;
    uint64_t len;
    uint8_t *data;
} Buffer;
typedef struct {
    int8_t code;
    Buffer error;
} Status;

static void *library;

static void *found(const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol) fprintf(stderr, "%s is not there\n", name);
    return symbol;
}

// Whether the core takes this for a PIN; negative where the call itself failed.
static int is_pin(const char *text) {
    Buffer (*allocate)(uint64_t, Status *) = found("ffi_sen_rustbuffer_alloc");
    int8_t (*six_digits)(Buffer, Status *) = found("uniffi_sen_fn_func_pin_has_six_digits");
    if (!allocate || !six_digits) return -1;
    Status status = {0};
    Buffer buffer = allocate(strlen(text), &status);
    if (status.code || buffer.capacity < strlen(text)) return -2;
    memcpy(buffer.data, text, strlen(text));
    buffer.len = strlen(text);
    int8_t answer = six_digits(buffer, &status);
    return status.code ? -3 : answer;
}

int main(int argc, char **argv) {
    char name[512];
    if (argc != 2 || !(library = dlopen(argv[1], RTLD_NOW))) {
        fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "which library?");
        return 2;
    }
    uint32_t (*contract)(void) = found("ffi_sen_uniffi_contract_version");
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
