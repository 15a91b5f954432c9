/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_v2 - what both files of the Cloud Images door need.
 */
#ifndef CLOUD_IMAGE_V2_H
#define CLOUD_IMAGE_V2_H

#include "tests/cloud/image.h"

extern const struct route image_v2_write_routes[];

/* The image as a single reply or an item of the list. */
cJSON *image_v2_show(const struct call *call, const struct image *image);

#endif
