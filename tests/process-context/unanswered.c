/* Publishes a context whose page faults nobody answers, prints a line, and waits until standard input ends. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    int context = memfd_create("OTEL_CTX", 0);
    if (ftruncate(context, 4096) != 0) return 1;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, context, 0);
    if (page == MAP_FAILED) return 2;
    int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API};
    struct uffdio_register range = {
        .range = {.start = (uintptr_t)page, .len = 4096},
        .mode = UFFDIO_REGISTER_MODE_MISSING,
    };
    if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0 || ioctl(faults, UFFDIO_REGISTER, &range) != 0) {
        perror("userfaultfd");
        return 3;
    }
    puts("ready");
    fflush(stdout);
    return getchar() == EOF ? 0 : 4;
}
