/* A program that handles its signals itself. Its first argument selects what it does. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool telemetry_start(void);
bool telemetry_work(void);
void telemetry_stop(void);

/* Blocks the signal after threads have been started, and waits for the one that it sends to its process. */
static int waits(const char *how) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    for (int i = 0; i < 100; i++) {
        if (kill(getpid(), SIGUSR1) != 0) return 2;
        int received = 0;
        if (strcmp(how, "sigwait") == 0) {
            if (sigwait(&signals, &received) != 0) return 3;
        } else {
            struct signalfd_siginfo info;
            int fd = signalfd(-1, &signals, 0);
            if (read(fd, &info, sizeof info) != sizeof info) return 4;
            received = (int)info.ssi_signo;
            close(fd);
        }
        if (received != SIGUSR1) return 5;
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count < 2) return 64;
    struct sigaction action;
    sigaction(SIGPIPE, NULL, &action);
    if (action.sa_handler != SIG_DFL) return 65;
    if (!telemetry_start()) return 66;
    if (strcmp(arguments[1], "write") != 0) {
        int result = waits(arguments[1]);
        telemetry_stop();
        return result;
    }
    for (int i = 0; i < 8; i++)
        telemetry_work();
    telemetry_stop();
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending, SIGPIPE) || sigismember(&pending, SIGXFSZ)) return 67;
    return 0;
}
