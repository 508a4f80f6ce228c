/* Feeds 32-bit words from standard input to a battery of TestU01 (L'Ecuyer and Simard 2007). */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bbattery.h"
#include "unif01.h"

#define WORDS 65536

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
    if (argc != 4) {
        fputs("usage: testu01 small|crush NAME forward|reversed\n", stderr);
        return 2;
    }
    reversed = strcmp(argv[3], "reversed") == 0;
    unif01_Gen *generator = unif01_CreateExternGenBits(argv[2], next_word);
    if (strcmp(argv[1], "crush") == 0)
        bbattery_Crush(generator);
    else
        bbattery_SmallCrush(generator);
    unif01_DeleteExternGenBits(generator);
    return 0;
}
