/* A program that loads copies of the library, each for the receiver in the argument after its path. The last argument is the
 * number of the signal that ends it. */
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments) {
    for (int n = 1; n + 2 < count; n += 2) {
        setenv("OTEL_EXPORTER_OTLP_ENDPOINT", arguments[n + 1], 1);
        void *library = dlopen(arguments[n], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 65;
        }
        bool (*copy)(void) = (bool (*)(void))dlsym(library, "telemetry_copy");
        if (copy == NULL || !copy()) return 66;
    }
    kill(getpid(), atoi(arguments[count - 1]));
    for (;;) pause();
}
