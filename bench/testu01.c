/* Feeds 32-bit words from standard input to a battery of TestU01 (L'Ecuyer and Simard 2007). */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bbattery.h"
#include "unif01.h"

#define WORDS 65536
#define TESTS 128 /* more than a battery has */

static uint32_t words[WORDS];
static size_t used = WORDS;
static int reversed;

static unsigned int reverse_bits(unsigned int x) {
    x = (x & 0x55555555u) << 1 | (x >> 1 & 0x55555555u);
    x = (x & 0x33333333u) << 2 | (x >> 2 & 0x33333333u);
    x = (x & 0x0F0F0F0Fu) << 4 | (x >> 4 & 0x0F0F0F0Fu);
    return __builtin_bswap32(x);
}

static unsigned int next_word(void) {
    if (used == WORDS) {
        if (fread(words, sizeof words[0], WORDS, stdin) != WORDS) {
            fputs("testu01: standard input ended before the battery did\n", stderr);
            exit(2);
        }
        used = 0;
    }
    unsigned int word = words[used++];
    return reversed ? reverse_bits(word) : word;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fputs("usage: testu01 small|crush NAME forward|reversed [NUMBER OF A TEST]...\n", stderr);
        return 2;
    }
    int crush = strcmp(argv[1], "crush") == 0;
    reversed = strcmp(argv[3], "reversed") == 0;
    int times[TESTS] = {0}; /* how often each test runs, by its number */
    for (int i = 4; i < argc; i++) {
        int test = atoi(argv[i]);
        if (test < 1 || test >= TESTS) {
            fprintf(stderr, "testu01: no test has the number %s\n", argv[i]);
            return 2;
        }
        times[test] = 1;
    }
    unif01_Gen *generator = unif01_CreateExternGenBits(argv[2], next_word);
    if (argc > 4)
        (crush ? bbattery_RepeatCrush : bbattery_RepeatSmallCrush)(generator, times);
    else
        (crush ? bbattery_Crush : bbattery_SmallCrush)(generator);
    unif01_DeleteExternGenBits(generator);
    return 0;
}
