// A library of uniffi's as a shell calls it, from C.
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
// What uniffi puts into each name.
static const char *name_space = "sen";

static void *found(const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol) fprintf(stderr, "%s is not there\n", name);
    return symbol;
}

static void *found_of(const char *form) {
    char name[512];
    snprintf(name, sizeof name, form, name_space);
    return found(name);
}

// Whether the library takes this for a PIN; negative where the call itself failed.
static int is_pin(const char *text) {
    Buffer (*allocate)(uint64_t, Status *) = found_of("ffi_%s_rustbuffer_alloc");
    int8_t (*six_digits)(Buffer, Status *) = found_of("uniffi_%s_fn_func_pin_has_six_digits");
    if (!allocate || !six_digits) return -1;
    Status status = {0};
    Buffer buffer = allocate(strlen(text), &status);
    if (status.code || buffer.capacity < strlen(text)) return -2;
    memcpy(buffer.data, text, strlen(text));
    buffer.len = strlen(text);
    int8_t answer = six_digits(buffer, &status);
    return status.code ? -3 : answer;
}
