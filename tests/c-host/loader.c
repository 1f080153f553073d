/* A program that loads the library. The constructor of the library starts the telemetry while the loader waits. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>

int main(int count, char **arguments) {
    if (count < 2) return 64;
    void *library = dlopen(arguments[1], RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 65;
    }
    bool (*work)(void) = (bool (*)(void))dlsym(library, "telemetry_work");
    void (*stop)(void) = (void (*)(void))dlsym(library, "telemetry_stop");
    if (work == NULL || stop == NULL) return 66;
    if (!work()) return 67;
    stop();
    return 0;
}
