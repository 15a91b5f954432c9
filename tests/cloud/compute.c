/* SPDX-License-Identifier: Apache-2.0 */
/* The compute service: what is behind its door. */
#include "tests/cloud/compute.h"

#include "tests/cloud/flavor.h"
#include "tests/cloud/image.h"
#include "tests/cloud/keypair.h"
#include "tests/cloud/limit.h"
#include "tests/cloud/network.h"
#include "tests/cloud/server.h"
#include "tests/cloud/volume.h"

/* Where clients send servers that boot from a volume. */
static const struct route boot_routes[] = {
	{ "POST", "/os-volumes_boot", server_create },
	ROUTE_END,
};

const struct service compute_service = {
	.name = "servers",
	.catalog_name = "cloudServersOpenStack",
	.type = "compute",
	.root = "v2",
	.tenant = SERVICE_TENANT,
	.id_header = "x-compute-request-id",
	.retry_member = "retryAt",
	.fail = service_fail_wrapped,
	.tables = (const struct route *const[]){ server_routes,
		server_meta_routes, boot_routes, image_nova_routes,
		flavor_routes, keypair_routes, network_routes, limit_routes,
		volume_attach_routes, NULL },
};
