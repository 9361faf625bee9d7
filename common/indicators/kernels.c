#include "common/indicators/kernels.h"

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
    return factor <= 0 ? 1 : (size_t)ceil(log(5e-10) / log(factor)) + 1;
}
