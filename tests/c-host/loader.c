/* A program that loads the library. The constructor of the library starts the telemetry while the loader waits. A thread
   leaves a span open when the program closes the library, and ends afterwards. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

static pthread_barrier_t barrier;

static void *leave_span(void *leave) {
    ((void (*)(void))leave)();
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 2) return 64;
    void *library = dlopen(arguments[1], RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 65;
    }
    bool (*work)(void) = (bool (*)(void))dlsym(library, "telemetry_work");
    void (*stop)(void) = (void (*)(void))dlsym(library, "telemetry_stop");
    void *leave = dlsym(library, "telemetry_leave");
    if (work == NULL || stop == NULL || leave == NULL) return 66;
    if (!work()) return 67;

    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    if (pthread_create(&thread, NULL, leave_span, leave) != 0) return 68;
    pthread_barrier_wait(&barrier);
    stop();
    dlclose(library);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    return 0;
}
