#include "common/indicators/window_statistics.h"

/* The sums with x in, times `sign`. */
static void add_powers(struct power_sums *sums, double x, double sign)
{
    struct dd d = two_sum(x, -sums->anchor), square = dd_multiply(d, d);
    struct dd powers[4] = {d, square, dd_multiply(square, d), dd_multiply(square, square)};
    for (int k = 0; k < 4; k++)
        sums->of[k] = dd_add(sums->of[k], dd_scale(powers[k], sign));
}

static struct dd negative(struct dd a)
{
    return (struct dd){-a.hi, -a.lo};
}

/* From powers about the anchor to powers about the mean, which lies m from it:
 *     S2 - m S1,   S3 - 3 m S2 + 2 m² S1,   S4 - 4 m S3 + 6 m² S2 - 3 m³ S1,   where S1 = n m */
static struct power_moments about_mean(const struct power_sums *sums, double n)
{
    const struct dd *s = sums->of;
    double m_high = dd_divide(s[0], n);
    struct dd rest = dd_subtract(s[0], two_product(m_high, n));
    struct dd m = two_sum(m_high, dd_value(rest) / n), mm = dd_multiply(m, m);
    struct dd squares = dd_subtract(s[1], dd_multiply(m, s[0]));
    struct dd cubes = dd_add(
        s[2], dd_add(dd_scale(dd_multiply(m, s[1]), -3), dd_scale(dd_multiply(mm, s[0]), 2)));
    struct dd fourths =
        dd_add(dd_scale(dd_multiply(m, s[2]), -4), dd_scale(dd_multiply(mm, s[1]), 6));
    fourths =
        dd_add(dd_add(s[3], fourths), negative(dd_scale(dd_multiply(dd_multiply(mm, m), s[0]), 3)));
    return (struct power_moments){.mean = dd_value(dd_add_number(m, sums->anchor)),
                                  .squares = fmax(dd_value(squares), 0),
                                  .cubes = dd_value(cubes),
                                  .fourths = fmax(dd_value(fourths), 0)};
}

static void keep_powers(struct powers *self, const struct power_sums *now, double x)
{
    self->now = *now;
    if (self->gathered == 0)
        self->next = (struct power_sums){.anchor = x};
    add_powers(&self->next, x, 1);
    if (++self->gathered == self->ring.n) {
        self->now = self->next;
        self->gathered = 0;
    }
    ring_store(&self->ring, x, true);
}

/* The sums of the window with x in, from its values. */
static struct power_sums powers_afresh(const struct ring *ring, double x)
{
    struct power_sums sums = {.anchor = x};
    for (uint32_t i = 0; i < ring->n; i++)
        if (i != ring->head)
            add_powers(&sums, ring->data[i], 1);
    return sums;
}

struct power_moments powers_step(struct powers *self, double x, bool keep)
{
    const double lost = 1e-9; /* the share of its digits that a sum may lose, and yet have enough */
    struct power_sums now = self->now;
    double n = self->ring.n;
    bool flat = streak_step(&self->streak, x, keep), full = self->ring.filled + 1 >= self->ring.n;
    if (self->ring.filled == 0)
        now.anchor = x;
    if (ring_is_full(&self->ring))
        add_powers(&now, ring_oldest(&self->ring), -1);
    add_powers(&now, x, 1);
    struct power_moments moments = about_mean(&now, n);
    /* Once after a value has gone, or an anchor is far, beside which the others are nothing: the
     * next such thing takes n bars to come. */
    bool is_poor =
        now.of[3].hi < lost * self->now.of[3].hi || moments.fourths < lost * now.of[3].hi;
    if (full && !flat && is_poor) {
        now = powers_afresh(&self->ring, x);
        moments = about_mean(&now, n);
    }
    if (keep)
        keep_powers(self, &now, x);
    if (!full)
        return (struct power_moments){NAN, NAN, NAN, NAN};
    return flat ? (struct power_moments){.mean = x} : moments;
}
