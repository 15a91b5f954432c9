/* SPDX-License-Identifier: Apache-2.0 */
/* What the cloud consists of. */
#include <stddef.h>

#include "tests/cloud/balancer.h"
#include "tests/cloud/cloud.h"
#include "tests/cloud/compute.h"
#include "tests/cloud/identity.h"
#include "tests/cloud/image.h"
#include "tests/cloud/keypair.h"
#include "tests/cloud/limit.h"
#include "tests/cloud/network.h"
#include "tests/cloud/server.h"
#include "tests/cloud/volume.h"

const struct part *const cloud_parts[] = {
	&identity_part,
	&limit_part,
	&network_part,
	&keypair_part,
	&image_part,
	&volume_part,
	&server_part,
	&balancer_part,
	NULL,
};

const struct service *const services[] = {
	&compute_service,
	&image_service,
	&volume_service,
	&balancer_service,
	NULL,
};
