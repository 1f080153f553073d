/* Replaces functions of the C library in the program of a scenario, as src/surroundings.rs says by files:
 *
 * FLOE_FAULTS_NAMES       the answer to look-ups of `localhost` and of names below faults.test, read anew by each; the file
 *                         FLOE_FAULTS_NAMES.NAME has the one of a single name. Each line is one of
 *                         `address IP`; `none`, an answer without an address; `fail`; `garbage`, an address of a
 *                         family that nobody asked for; `slow MILLIS`, to wait that long; `hang`, to wait until the file
 *                         says something else. A line with the name is appended to FLOE_FAULTS_NAMES.asked, and to
 *                         FLOE_FAULTS_NAMES.answered when it has an answer.
 * FLOE_FAULTS_FORBIDDEN   a folder: no thread can be created while it contains the file `threads`, and no function can be
 *                         registered for the exit while it contains `exit-handlers`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef int lookup_of(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef int create_of(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef int at_exit_of(void (*)(void *), void *, void *);

static int is_forbidden(const char *what) {
    const char *folder = getenv("FLOE_FAULTS_FORBIDDEN");
    char path[4096];
    if (folder == NULL) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, what);
    return access(path, F_OK) == 0;
}

static int is_ours(const char *name) {
    const char *domain = ".faults.test";
    size_t length = name == NULL ? 0 : strlen(name);
    if (length > 0 && strcmp(name, "localhost") == 0) return 1;
    return length > strlen(domain) && strcmp(name + length - strlen(domain), domain) == 0;
}

static FILE *beside_names(const char *end, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", getenv("FLOE_FAULTS_NAMES"), end);
    return fopen(path, mode);
}

static void note(const char *name, const char *where) {
    FILE *notes = beside_names(where, "a");
    if (notes == NULL) return;
    fprintf(notes, "%s\n", name);
    fclose(notes);
}

/* An entry as `freeaddrinfo` expects it: one allocation. */
static struct addrinfo *garbage(void) {
    struct addrinfo *entry = calloc(1, sizeof *entry + sizeof(struct sockaddr));
    if (entry == NULL) return NULL;
    entry->ai_family = entry->ai_socktype = 77;
    entry->ai_addr = (struct sockaddr *)(entry + 1);
    entry->ai_addr->sa_family = 77;
    entry->ai_addrlen = sizeof(struct sockaddr);
    return entry;
}

/* Returns a code of `getaddrinfo`, or 1 while the answer is to wait. */
static int answer(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    lookup_of *next = (lookup_of *)dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo numeric = {0};
    if (hints != NULL) numeric = *hints;
    numeric.ai_flags = AI_NUMERICHOST;
    FILE *file = beside_names(name, "r");
    if (file == NULL) file = fopen(getenv("FLOE_FAULTS_NAMES"), "r");
    if (file == NULL) return EAI_SYSTEM;
    *found = NULL;
    struct addrinfo **end = found;
    char line[256], address[256];
    int code = EAI_NONAME, millis;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strcmp(line, "hang\n") == 0) {
            code = 1;
        } else if (strcmp(line, "fail\n") == 0) {
            code = EAI_AGAIN;
        } else if (strcmp(line, "none\n") == 0) {
            code = 0;
        } else if (strcmp(line, "garbage\n") == 0) {
            *end = garbage();
            code = 0;
        } else if (sscanf(line, "slow %d", &millis) == 1) {
            for (; millis > 0; millis -= 10) usleep(10 * 1000);
        } else if (sscanf(line, "address %255s", address) == 1) {
            int one = next(address, service, &numeric, end);
            if (one != EAI_ADDRFAMILY) code = one;
        }
        while (*end != NULL) end = &(*end)->ai_next;
    }
    fclose(file);
    return code;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    if (getenv("FLOE_FAULTS_NAMES") == NULL || !is_ours(name)) {
        return ((lookup_of *)dlsym(RTLD_NEXT, "getaddrinfo"))(name, service, hints, found);
    }
    note(name, "asked");
    int code;
    while ((code = answer(name, service, hints, found)) == 1) usleep(10 * 1000);
    note(name, "answered");
    return code;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
    if (is_forbidden("threads")) return EAGAIN;
    return ((create_of *)dlsym(RTLD_NEXT, "pthread_create"))(thread, attributes, body, argument);
}

/* The C library's `atexit` is part of the program, and calls this function. */
int __cxa_atexit(void (*body)(void *), void *argument, void *library) {
    if (is_forbidden("exit-handlers")) return -1;
    return ((at_exit_of *)dlsym(RTLD_NEXT, "__cxa_atexit"))(body, argument, library);
}
