/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog - the service catalog of a login: what is here, and what is known to
 * be in real catalogs and must be told from it.
 */
#ifndef CLOUD_CATALOG_H
#define CLOUD_CATALOG_H

#include "tests/cloud/identity.h"

#define CATALOG_FILES_TENANT "MossoCloudFS_%s"

/* With `files_only', the endpoints of the Cloud Files tenant alone. */
cJSON *catalog_new(const struct cloud *cloud, const struct account *account,
	bool files_only, struct pool *pool);

#endif
