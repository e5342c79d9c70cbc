/* One step of an LSTM for many tweets, in one pass over memory; numpy needs ten.
 *
 * lstm_step.py documents the shapes and has the same step in numpy. hatch_build.py builds this file.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GLIBC__)
/* The compiler makes one copy for each processor generation; the loader selects one. */
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

/* Rows of the table are far apart in memory, so that each would be a cache miss without prefetching. With a shorter distance rows
 * arrive too late, with a longer one they evict each other. */
#define TWEETS_AHEAD 4
#define CACHE_LINE 64

/* e^x, accurate to two units in the last place: 2^k times the series of the remainder, which is at most ln 2 / 2. */
static inline float exponential(float x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding and subtracting it rounds to an integer */
    const float k = (x * 1.44269504f + shift) - shift;
    const float r = (x - k * 0.693359375f) + k * 2.12194440e-4f; /* ln 2 in two parts, the first one exact */
    const float series =
        1 + r * (1 + r * (1 / 2.0f + r * (1 / 6.0f + r * (1 / 24.0f + r * (1 / 120.0f + r * (1 / 720.0f))))));
    const uint32_t bits = (uint32_t)((int32_t)k + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power * series;
}

/* A logistic gate is 1 / (1 + e^-2x), because its weights are halved, and a tanh is (1 - e^-2x) / (1 + e^-2x). Clipping x at 10
 * changes neither in single precision, and keeps products of the denominators finite. NaN stays NaN. */
static inline float exponential_of_minus_double(float x)
{
    x = x > 10 ? 10 : x;
    x = x < -10 ? -10 : x;
    return exponential(-2 * x);
}

FOR_EACH_PROCESSOR
void lstm_step(const float *table, ptrdiff_t table_block, const intptr_t *words, ptrdiff_t words_stride,
               const float *products, ptrdiff_t products_block, float *restrict hidden, float *restrict memory,
               ptrdiff_t tweets, ptrdiff_t units)
{
    for (ptrdiff_t tweet = 0; tweet < tweets; tweet++) {
        if (tweet + TWEETS_AHEAD < tweets) {
            const float *next = table + words[(tweet + TWEETS_AHEAD) * words_stride] * units;
            for (int gate = 0; gate < 4; gate++)
                for (ptrdiff_t at = 0; at < units; at += CACHE_LINE / sizeof *next)
                    __builtin_prefetch(next + gate * table_block + at);
        }
        const float *restrict word = table + words[tweet * words_stride] * units;
        const float *restrict product = products + tweet * units;
        float *restrict h = hidden + tweet * units;
        float *restrict c = memory + tweet * units;
        for (ptrdiff_t u = 0; u < units; u++) {
            const float input_gate = exponential_of_minus_double(word[u] + product[u]);
            const float forget_gate = exponential_of_minus_double(word[table_block + u] + product[products_block + u]);
            const float output_gate =
                exponential_of_minus_double(word[2 * table_block + u] + product[2 * products_block + u]);
            const float candidate =
                exponential_of_minus_double(word[3 * table_block + u] + product[3 * products_block + u]);
            /* Divisions are the slowest operation: a gate times a tanh takes one division, not two. */
            c[u] = c[u] / (1 + forget_gate) + (1 - candidate) / ((1 + input_gate) * (1 + candidate));
            const float state = exponential_of_minus_double(c[u]);
            h[u] = (1 - state) / ((1 + output_gate) * (1 + state));
        }
    }
}
