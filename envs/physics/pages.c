/* Gives zeros back to the operating system. In C, so that nothing is allocated between the look at
 * a page and its return: it could be given that very page. */

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4096, BATCH = 64, FEWEST = 16 };

static int all_zero(const uint64_t *page) {
    for (size_t i = 0; i < PAGE / sizeof *page; i++)
        if (page[i]) return 0;
    return 1;
}

static void give_back(uintptr_t start, uintptr_t end) {
    if (end >= start + FEWEST * PAGE) madvise((void *)start, end - start, MADV_DONTNEED);
}

/* Of each of `count` spans (first address, and the one after the last; whole pages), the pages of
 * zeros, where FEWEST or more are in a row. */
void give_back_zeros(const uintptr_t *spans, int count) {
    for (int k = 0; k < count; k++) {
        uintptr_t run = spans[2 * k];
        for (uintptr_t at = spans[2 * k]; at < spans[2 * k + 1];) {
            unsigned char resident[BATCH];
            const size_t left = (spans[2 * k + 1] - at) / PAGE, pages = left < BATCH ? left : BATCH;
            /* What has been unmapped since is not looked at. */
            const int mapped = mincore((void *)at, pages * PAGE, (void *)resident) == 0;
            for (size_t i = 0; i < pages; i++, at += PAGE) {
                if (mapped && (!(resident[i] & 1) || all_zero((const uint64_t *)at))) continue;
                give_back(run, at);
                run = at + PAGE;
            }
        }
        give_back(run, spans[2 * k + 1]);
    }
}
