/* SPDX-License-Identifier: Apache-2.0 */
/*
 * censor - secrets taken out of everything that is shown.
 *
 * The rules are AnsibleModule's (up to 2.21): a string equal to a secret
 * becomes VALUE_SPECIFIED_IN_NO_LOG_PARAMETER, one that contains a secret has
 * each occurrence replaced by ********, longest secrets first; a number whose
 * text equals or contains one becomes the first; keys are left as they are.
 */
#ifndef COMMON_CENSOR_H
#define COMMON_CENSOR_H

#include "common/json.h"

/* Adds to the list a secret that may come back from elsewhere, whatever its
 * bytes are, with the forms that it has within JSON, within a JSON text in
 * JSON, in a URL, in an err, and as base64 or hexadecimal digits. Forms so
 * short that they may well be something else are left out. */
void censor_add(cJSON *secrets, const char *bytes, size_t length);
/* The same for a text of several lines, whose lines may come back one by one;
 * those that are too short to be secret by themselves are left out. */
void censor_add_lines(cJSON *secrets, const char *text);
/* A copy of the value without the secrets (a list of strings). */
cJSON *censor_json(const cJSON *value, const cJSON *secrets);
/* Text for a message: each occurrence replaced by ********; the caller frees
 * it. */
char *censor_text(const char *text, const cJSON *secrets);

#endif
