/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the one suite that it is linked with. */
#include <check.h>
#include <stdlib.h>

#include "common/json.h"

Suite *suite(void);

int main(void)
{
	SRunner *runner;
	int failed;

	json_init();
	runner = srunner_create(suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
