/* endpoints - where things are, and whether that is on this machine. */
#ifndef INDSUB_PROTOCOL_ENDPOINTS_H
#define INDSUB_PROTOCOL_ENDPOINTS_H

#include <stdbool.h>

/* tcp://HOST:PORT (PORT a number or *) or ipc://PATH; no abstract socket (ipc://@NAME), which has
 * no owner whose it could be alone. */
bool endpoint_is_valid(const char *endpoint);

/* True for ipc, and for tcp on a loopback address: nothing that leaves the machine. False for what
 * is no endpoint, and for names other than localhost, which could mean any address. */
bool endpoint_is_local(const char *endpoint);

/* Where a client finds what a daemon calls `told`, having reached it at `reached`: a daemon that is
 * bound to all addresses (0.0.0.0, [::]) does not know by which of them others see it. The caller
 * frees it. */
char *endpoint_as_reached(const char *told, const char *reached);

#endif
