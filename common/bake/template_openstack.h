/* SPDX-License-Identifier: Apache-2.0 */
/* template_openstack - the openstack builder's options (packer.md 4). */
#ifndef COMMON_BAKE_TEMPLATE_OPENSTACK_H
#define COMMON_BAKE_TEMPLATE_OPENSTACK_H

#include "common/bake/template_build.h"

extern const struct decode_row template_openstack_rows[];
/* Options checked and put into the recipe, those of access and ssh apart. */
void template_openstack(struct template_scope *scope, const cJSON *options,
	struct recipe *recipe);

#endif
