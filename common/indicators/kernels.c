#include "common/indicators/kernels.h"

struct dd moments_afresh(struct ring ring, double x, double anchor)
{
    struct dd squares = {(x - anchor) * (x - anchor), 0};
    for (uint32_t i = 0; i < ring.n; i++)
        if (i != ring.head)
            squares = dd_add_number(squares, (ring.data[i] - anchor) * (ring.data[i] - anchor));
    return squares;
}

size_t length_bars(const double *params)
{
    return (size_t)params[0];
}

size_t length_plus_1_bars(const double *params)
{
    return (size_t)params[0] + 1;
}

size_t one_bar(const double *params)
{
    (void)params;
    return 1;
}

size_t forever_bars(const double *params)
{
    (void)params;
    return 0;
}

size_t decay_bars(double factor)
{
    return factor <= 0 ? 1 : (size_t)ceil(log(1e-11) / log(factor)) + 1;
}
