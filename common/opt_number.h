/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_number - the texts that Python's int, float, Decimal and Ansible's sizes
 * accept for a number.
 */
#ifndef COMMON_OPT_NUMBER_H
#define COMMON_OPT_NUMBER_H

#include <stdbool.h>

/* More digits than this no Python prints (sys.get_int_max_str_digits()). */
#define OPT_NUMBER_DIGITS_MAX 4300

/* The integer that Decimal(text) is, as its digits, which the caller frees:
 * "3.0", "1e3" and " 1_000 " are integers. NULL for anything else. */
char *opt_number_int(const char *text);
/* The same for a double; NULL if it is none. */
char *opt_number_whole(double number);
/* float(text), or false. */
bool opt_number_float(const char *text, double *number);
/* A number and a unit, "1.5 MB", as bytes, or "1Mb" as bits; the digits belong
 * to the caller. NULL if it is no size. */
char *opt_number_size(const char *text, bool bits);

#endif
