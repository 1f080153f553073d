/* A program that handles its signals itself. Its first argument selects what it does. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif
bool telemetry_start(void);
bool telemetry_work(void);
void telemetry_stop(void);
bool telemetry_call(int kind, void (*call)(void));
#ifdef __cplusplus
}
#endif

/* Blocks a signal after threads have been started, and waits for the signal that it sends to its own process. */
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

static void returns(void) {}

static void exits(void) { pthread_exit(NULL); }

static void is_cancelled(void) {
    pthread_cancel(pthread_self());
    for (;;) pthread_testcancel();
}

#ifdef __cplusplus
static void throws(void) { throw 7; }
#endif

struct call {
    int kind;
    void (*call)(void);
    bool was_left;
};

static void *run(void *argument) {
    struct call *call = (struct call *)argument;
    call->was_left = true;
#ifdef __cplusplus
    if (call->call == throws) {
        try {
            telemetry_call(call->kind, call->call);
            call->was_left = false;
        } catch (int thrown) {
            if (thrown != 7) call->was_left = false;
        }
        return NULL;
    }
#endif
    telemetry_call(call->kind, call->call);
    call->was_left = false;
    return NULL;
}

/* Leaves a span of each kind, on threads that start afterwards. */
static int leaves(const char *how) {
    void (*call)(void) = strcmp(how, "exit") == 0 ? exits : is_cancelled;
#ifdef __cplusplus
    if (strcmp(how, "throw") == 0) call = throws;
#endif
    for (int kind = 0; telemetry_call(kind, returns); kind++) {
        for (int i = 0; i < 10; i++) {
            struct call leaving = {kind, call, false};
            pthread_t thread;
            if (pthread_create(&thread, NULL, run, &leaving) != 0) return 2;
            if (pthread_join(thread, NULL) != 0) return 3;
            if (!leaving.was_left) return 4;
        }
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
        bool is_signal = strncmp(arguments[1], "sig", 3) == 0;
        int result = is_signal ? waits(arguments[1]) : leaves(arguments[1]);
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
