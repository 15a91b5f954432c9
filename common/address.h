/* SPDX-License-Identifier: Apache-2.0 */
/* address - IP addresses as texts. */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

#include <stdbool.h>

/* The same address, however it is written: load balancers print IPv6 without
 * compression. Texts that are no addresses are compared without case. */
bool address_same(const char *a, const char *b);

#endif
